"""Downloader middlewares: where a request may go, when, and how its answer is unpacked."""
