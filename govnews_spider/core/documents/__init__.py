"""Front-matter documents: the strict reader and the stable writer of the seeds' format."""
