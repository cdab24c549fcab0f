"""Reading other services' events: copies, offsets of our own, watermarks, and the loop that derives anew.

The *consumer* writes an event's state as a row of a copy table, together with the partition's next offset and
the id of what was touched (`dirty`), in one transaction per partition. *Progress* turns the owners' promises into
watermarks. The *recompute loop* takes what is dirty and derives anew what hangs on it. Nothing is ever incremented.
"""
