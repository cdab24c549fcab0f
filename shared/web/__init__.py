"""The HTTP side of a service: `create_app`, the `Router` for its routes, the `Transaction` of a request."""

from shared.web.application import create_app
from shared.web.routing import Router
from shared.web.transaction import Transaction, Transactions

__all__ = ["Router", "Transaction", "Transactions", "create_app"]
