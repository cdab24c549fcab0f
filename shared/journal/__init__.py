"""The journal: what a service records in the transaction of a write, and how it gets out in order.

A write puts its event into `journal` and its id into `journal_pending`. The *sequencer* gives pending rows a gapless
`position` and one `known_at`; the *relay* sends them in that order and publishes what it promises to be complete.
"""
