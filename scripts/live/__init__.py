"""`make live`: asks a real account what the docs list as not known; it reads, and never writes.

With the keys of an account in the environment, as the taps take them, it runs the SDK's standard
suite, asks the questions of `clockify`, `clicktime` and `perform`, and writes a page to send to the
maintainers. A page holds statuses, counts, names of fields and forms of values, never a value.
"""
