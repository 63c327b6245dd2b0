"""The one way in which a browser is sent somewhere: the very text that was admitted, or nothing at all."""

import pytest

from broker.web.answers import see_other


@pytest.mark.parametrize(
    "location",
    [
        "https://app.example.com/",
        "https://app.example.com/a?filter={a|b}^c`d&e=%7B%20#f",
        "myapp://signed-in?x=[1]",
        "https://xn--bcher-kva.example/%C3%BC",
    ],
)
def test_location_is_the_admitted_text_byte_for_byte(location: str) -> None:
    response = see_other(location)
    assert (response.status_code, response.headers["location"], response.body) == (303, location, b"")


@pytest.mark.parametrize(
    "location",
    [
        "https://app.example.com/\r\nSet-Cookie: hanko=x",
        "https://app.example.com/\n",
        "https://app.example.com/ x",
        "https://app.example.com/\t",
        "https://app.example.com/\x7f",
        "https://bücher.example/",
        "",
    ],
)
def test_text_that_no_canonical_url_has_goes_into_no_header(location: str) -> None:
    with pytest.raises(ValueError, match="Location"):
        see_other(location)
