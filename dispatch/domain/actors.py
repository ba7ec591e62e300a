"""Who acts. What an actor may see or do is decided from these values alone."""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    RESIDENT = "resident"
    OPERATOR = "operator"
    OFFICER = "officer"
    FIELD_WORKER = "field_worker"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"
    API_CLIENT = "api_client"
    SYSTEM = "system"


@dataclass(frozen=True, kw_only=True)
class Actor:
    """The caller of a request, or the system itself. `id`: person (resident) or account (staff)."""

    id: UUID
    role: Role
    agency: str | None = None
    scopes: frozenset[str] = field(default_factory=frozenset)
    locale: str = "vi"
    alias: str = ""

    @property
    def is_staff(self) -> bool:
        return self.role not in (Role.RESIDENT, Role.API_CLIENT)

    @property
    def sees_all(self) -> bool:
        """The whole province: the IOC desk, those above the agencies, and the system."""
        return self.role in (Role.OPERATOR, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR, Role.SYSTEM)


SYSTEM = Actor(id=UUID(int=0), role=Role.SYSTEM, alias="hệ thống")
