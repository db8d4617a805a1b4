"""The doors behind the functions of `function_app`: each parses what arrived, makes one call, and
answers. A door is imported when a function that needs it is first called.
"""
