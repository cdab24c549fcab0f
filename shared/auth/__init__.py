"""Who calls (OAuth2 bearer JWT), and which roles a route declares."""

from shared.auth.access import Authenticated, allow, declared_roles, public
from shared.auth.principal import Principal, Role

__all__ = ["Authenticated", "Principal", "Role", "allow", "declared_roles", "public"]
