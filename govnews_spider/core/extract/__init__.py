"""Pages of HTML -> articles, by the layouts of the site."""
