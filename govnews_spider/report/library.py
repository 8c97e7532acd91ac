"""The library that draws: Vega, Vega-Lite and Vega-Embed (BSD-3-Clause) in one script, as vl-convert-python carries them.

No file of it is loaded from anywhere: the script is part of that package, and becomes part of the page.
"""

from __future__ import annotations

from importlib import import_module

from govnews_spider.storage.errors import StorageError


def script() -> str:
    """JavaScript that defines ``vegaEmbed``. Raises Fault ``no_chart_library`` where the package is not installed."""
    try:
        bundler = import_module("vl_convert")
    except ImportError as error:
        raise StorageError("no_chart_library", f"{error}; install it: pip install 'govnews-spider[report]'") from error
    # ">" cannot begin an element, so these two spellings are all by which a script could end or hide the rest of the page.
    bundle = str(bundler.javascript_bundle("window.vegaEmbed = vegaEmbed;"))
    return bundle.replace("</script", "<\\/script").replace("<!--", "<\\!--")
