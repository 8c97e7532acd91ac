"""The spiders: ``sina_gov`` (the main job) and ``seeds`` (files on disk)."""
