"""A service's view as a person reads it: text for a terminal of any width, made from JSON alone.

Nothing here asks the app or the clock, so that whoever has a view can draw it.
"""
