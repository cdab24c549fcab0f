"""Deliveries: many records in one file. Received and staged by the api, applied by the worker, followed as a resource.

A noun takes part with one `Kind` (how a record is read) and one `Apply` (how a list of them is recorded).
"""
