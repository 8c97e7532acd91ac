"""Parsing of HTML, whatever the site: encoding, limits, locators, blocks, tables, text."""
