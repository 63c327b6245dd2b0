"""What browsers and files say to the sign-in page: the languages of a person, the picture of an operator."""

from broker.models.pictures import media_type_of
from broker.web.hosted.languages import language_for, languages


def accepted_languages(data: bytes) -> None:
    """A header as it comes in: any bytes, read as Latin-1."""
    header = data.decode("latin-1")
    assert language_for(None, header) in languages().values()
    assert language_for(header, "de").tag in languages()


def picture(data: bytes) -> None:
    """A file of any content."""
    assert media_type_of(data) in (None, "image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml")
