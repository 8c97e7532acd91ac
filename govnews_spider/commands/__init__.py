"""Commands of ``scrapy`` in this project. Keep imports light: a broken module breaks every command."""
