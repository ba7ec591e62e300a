"""What clients send about reports, read strictly. What they get is in `api.v1.shown`."""

import json
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, Field, field_validator, model_validator

from api.body import Line, Text, Wire
from dispatch.domain.command import StepFacts
from dispatch.intake import Draft
from dispatch.steps import HANDLERS
from kit.ids import is_uuid7
from kit.seal import keyed_digest


def _uuid7(text: str) -> UUID:
    if not is_uuid7(text):
        raise ValueError("uuid7")
    return UUID(text)


ClientId = Annotated[str, Field(max_length=36), AfterValidator(_uuid7)]  # lower-case canonical UUIDv7
AttributeName = Annotated[Line, Field(min_length=1, max_length=64)]
Exact = Field(ge=-(2**53), le=2**53, allow_inf_nan=False)  # what every JSON reader keeps exactly
AttributeValue = Annotated[Text, Field(max_length=500)] | bool | Annotated[int, Exact] | Annotated[float, Exact]
Degrees = Annotated[float, Field(allow_inf_nan=False)]
ActionName = Annotated[str, Field(json_schema_extra={"enum": [str(action) for action in HANDLERS]})]


class Place(Wire):
    """WGS 84 degrees; `accuracy_m` is the radius of a GPS fix in metres."""

    lat: Annotated[Degrees, Field(ge=-180, le=180)]  # up to 180 so that swapped coordinates are recognised and said
    lon: Annotated[Degrees, Field(ge=-180, le=180)]
    accuracy_m: Annotated[float, Field(ge=0, le=100_000)] | None = None
    source: Literal["gps", "map", "address"] = "map"


class ContactIn(Wire):
    name: Annotated[Line, Field(max_length=120)] | None = None
    phone: Annotated[Line, Field(max_length=40)] | None = None
    email: Annotated[Line, Field(max_length=254, pattern=r"^[^@\s]{1,64}@[^@\s]{1,189}$")] | None = None
    notify: Annotated[list[Literal["sms", "email"]], Field(max_length=2)] = []


class ReportIn(Wire):
    """A new report. `description` may be empty only where a photo comes with it."""

    id: ClientId
    category: Annotated[Line, Field(min_length=1, max_length=64)]
    description: Annotated[Text, Field(max_length=5000)] = ""
    location: Place
    occurred_at: AwareDatetime | None = None
    address: Annotated[Line, Field(max_length=300)] = ""
    attributes: Annotated[dict[AttributeName, AttributeValue], Field(max_length=30)] = {}
    photos: Annotated[list[ClientId], Field(max_length=10)] = []
    anonymous: bool = False
    contact: ContactIn | None = None
    on_behalf: bool = False

    @model_validator(mode="after")
    def says_something(self) -> "ReportIn":
        if not self.description.strip() and not self.photos:
            raise ValueError("a description or a photo is needed")
        return self

    def to_draft(self, channel: str) -> Draft:
        return Draft(
            id=UUID(str(self.id)),
            category=self.category,
            lon=self.location.lon,
            lat=self.location.lat,
            accuracy_m=self.location.accuracy_m,
            location_source=self.location.source,
            description=self.description,
            address=self.address,
            occurred_at=self.occurred_at,
            attributes=self.attributes,
            anonymous=self.anonymous,
            channel=channel,
            contact_mark=self._contact_mark(),
        )

    def _contact_mark(self) -> str:
        if self.contact is None and not self.on_behalf:
            return ""
        said = {"on_behalf": self.on_behalf, "contact": self.contact.model_dump() if self.contact else None}
        return keyed_digest(json.dumps(said, sort_keys=True), about="contact-mark").hex()


class StepIn(Wire):
    """A step; which members it needs depends on `action`."""

    id: ClientId
    action: ActionName
    text: Annotated[Text, Field(max_length=5000)] | None = None
    reason: Annotated[Text, Field(max_length=1000)] | None = None
    reason_code: Annotated[Line, Field(max_length=64)] | None = None
    agency: Annotated[Line, Field(max_length=64)] | None = None
    worker: UUID | None = None
    team: Annotated[Line, Field(max_length=64)] | None = None
    until: AwareDatetime | None = None
    approve: bool | None = None
    photos: Annotated[list[ClientId], Field(max_length=10)] = []
    location: Place | None = None
    no_photo_reason: Annotated[Text, Field(max_length=500)] | None = None
    rating: Literal["satisfied", "acceptable", "not_satisfied"] | None = None
    target: Annotated[Line, Field(max_length=64)] | None = None
    lead: Annotated[Line, Field(max_length=36)] | None = None
    category: Annotated[Line, Field(max_length=64)] | None = None
    visibility: Literal["internal", "reporter", "public"] | None = None

    @field_validator("action")
    @classmethod
    def is_a_step(cls, name: str) -> str:
        if name not in set(HANDLERS):
            raise ValueError("action")
        return name

    def to_facts(self) -> StepFacts:
        names = set(StepFacts.__dataclass_fields__) & set(type(self).model_fields) - {"photos"}
        place = self.location
        return StepFacts(
            **{name: getattr(self, name) for name in names},
            photos=tuple(UUID(str(photo)) for photo in self.photos),
            lon=place.lon if place else None,
            lat=place.lat if place else None,
            accuracy_m=place.accuracy_m if place else None,
        )


class MessageIn(Wire):
    id: ClientId
    text: Annotated[Text, Field(min_length=1, max_length=5000)]
    visibility: Literal["internal", "reporter", "public"] = "reporter"


class PhotosIn(Wire):
    photos: Annotated[list[ClientId], Field(min_length=1, max_length=10)]


class ContactAccessIn(Wire):
    reason: Annotated[Text, Field(min_length=10, max_length=500)]
