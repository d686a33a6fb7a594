"""How Sphinx makes the website of pages that ``make_site.py`` has written."""

project = "How SGD finds a hidden low-dimensional subspace"
author = "the course authors"
copyright = "the course authors, MIT licence"  # noqa: A001 (Sphinx's name)
language = "en"

extensions = ["myst_nb", "sphinx.ext.mathjax"]
exclude_patterns = ["_static", "_templates"]
templates_path = ["_templates"]
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 3
myst_heading_slug_func = "pages.slug"
nb_execution_mode = "off"  # what is shown is what is stored
nb_merge_streams = True
nb_ipywidgets_js: dict = {}  # else a page asks another host for widgets

mathjax_path = "katex/katex.min.js"  # on pages with formulas; course.js has it draw them

html_theme = "sphinx_book_theme"
html_title = "SGD finds the subspace"
html_static_path = ["_static"]
html_css_files = ["katex/katex.min.css", "course.css"]
html_js_files = [("course.js", {"defer": "defer"})]
html_favicon = "_static/icon.svg"
html_copy_source = html_show_sourcelink = False  # no answer in the source of a page
html_show_sphinx = html_use_index = False
html_context = {"default_mode": "auto"}  # light or dark as the system
html_theme_options = {
    "use_download_button": False,
    "use_fullscreen_button": False,
    "navigation_with_keys": False,  # arrows belong to labs
    "show_navbar_depth": 1,
    "home_page_in_toc": True,
    "search_bar_text": "Search the course",
    "show_toc_level": 1,
    **{f"navbar_{part}": [] for part in ("start", "center", "end", "persistent")},  # no bar on top
}
