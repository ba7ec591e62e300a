"""What can be wrong with a photo. The texts for people lie in `locales/`; HTTP is the edge's matter."""

from kit.problems import Conflict, Invalid, TooLarge, TooMany, Unsupported


class PhotoUnreadable(Invalid):
    """The file calls itself a photo, but is cut off or damaged and cannot be decoded; take or choose another."""

    slug, title = "photo-unreadable", "The photo cannot be read"


class DecoderDied(PhotoUnreadable):
    """The file is cut off or damaged in a way that stopped the decoder; take or choose another."""


class ImageTooLarge(Invalid):
    """The picture has too many pixels (over 50 megapixels, or a side over 16384) or none at all."""

    slug, title = "image-too-large", "The picture has too many pixels"


class NotAPhoto(Unsupported):
    """We take photos as JPEG, PNG or WebP; the content decides, not the name of the file."""


class PhotoTooHeavy(TooLarge):
    """A photo may weigh at most 15 MiB."""


class PhotoQuota(TooMany):
    """At most 50 photos a day for one person and 10 on one report; `limit` says which was reached."""

    slug, title = "quota", "The limit for photos is reached"


class PhotoIdReused(Conflict):
    """You used this id for another photo before; make a new id."""

    slug, title = "id-reused", "This id was used for another content"


class PhotoIdTaken(Conflict):
    """This id is not free; make a new one."""

    slug, title = "id-taken", "This id is taken"
