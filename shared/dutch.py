"""What is asked for of a wrong field, in Dutch, by the code of the error; as `titleNl` stands beside `title`.

Here are the codes of mechanisms and of values that every service has; a service adds its own with `translate`.
"""

from collections.abc import Mapping
from typing import Final

UNSAID: Final = "De waarde is niet geldig."
_TEXTS: Final[dict[str, str]] = {
    # Of Pydantic: kinds, ranges and lengths.
    "missing": "Dit gegeven is verplicht.",
    "extra-forbidden": "Dit gegeven is hier niet bekend; laat het weg.",
    "enum": "Kies een van de toegestane waarden.",
    "literal-error": "Alleen `true` is hier mogelijk.",
    "int-type": "Geef een geheel getal, zonder aanhalingstekens.",
    "int-parsing": "Geef een geheel getal.",
    "int-parsing-size": "Het getal is te groot.",
    "int-from-float": "Geef een geheel getal.",
    "float-type": "Geef een getal, zonder aanhalingstekens.",
    "float-parsing": "Geef een getal.",
    "finite-number": "Geef een eindig getal.",
    "bool-type": "Geef `true` of `false`, zonder aanhalingstekens.",
    "bool-parsing": "Geef `true` of `false`.",
    "greater-than": "De waarde is te klein.",
    "greater-than-equal": "De waarde is te klein.",
    "less-than": "De waarde is te groot.",
    "less-than-equal": "De waarde is te groot.",
    "string-type": "Geef tekst.",
    "string-pattern-mismatch": "De waarde heeft niet de gevraagde vorm.",
    "string-too-short": "De tekst is leeg.",
    "string-too-long": "De tekst is te lang.",
    "list-type": "Geef een lijst.",
    "tuple-type": "Geef een lijst.",
    "frozen-set-type": "Geef een lijst.",
    "too-short": "De lijst is te kort.",
    "too-long": "Dit is te lang.",
    "dict-type": "Geef een JSON-object.",
    "model-type": "Geef een JSON-object.",
    "model-attributes-type": "Geef een JSON-object.",
    "uuid-type": "Geef een UUID, zoals een antwoord die noemt.",
    "uuid-parsing": "Geef een UUID, zoals een antwoord die noemt.",
    "value-error": "De waarde past niet bij de andere gegevens.",
    # Of values and code lists of national standards.
    "agb": "Een AGB-code heeft 8 cijfers, met voorloopnullen.",
    "assignment-number": "Een toewijzingnummer is een geheel getal van 0 tot en met 999999999.",
    "brin": "Een BRIN-code is 2 cijfers en 2 hoofdletters, met eventueel 2 cijfers voor de vestiging.",
    "bsn": "Een BSN heeft 9 cijfers, met voorloopnullen, en voldoet aan de elfproef; controleer op een typefout.",
    "municipality-code": "Een gemeente is haar CBS-code van 4 cijfers, met voorloopnul, zoals 0794.",
    "municipality": "Deze gemeente hoort niet bij de regio; gebruik de code van een van haar gemeenten.",
    "oin": "Een OIN heeft 20 cijfers, met voorloopnullen; zoek het op in het OIN-register.",
    "postcode": "Een postcode is vier cijfers, eventueel met twee hoofdletters, zoals 5701 of 5701 AB.",
    "postcode4": "Geef de vier cijfers van de postcode, zoals 5701.",
    "product-code": "Een productcode is de categorie (2 cijfers) en 3 cijfers of hoofdletters, zoals 43A09.",
    "day": "Schrijf een dag als JJJJ-MM-DD, zonder tijd, zoals 2023-04-01.",
    "date-type": "Schrijf een dag als JJJJ-MM-DD, zonder tijd, zoals 2023-04-01.",
    "date-parsing": "Schrijf een dag als JJJJ-MM-DD, zonder tijd, zoals 2023-04-01.",
    "date-from-datetime-parsing": "Deze dag bestaat niet; schrijf een dag als JJJJ-MM-DD.",
    "moment": "Schrijf een tijdstip (1990 tot en met 2199) met verschil met UTC, zoals 2023-08-10T09:00:00Z.",
    "datetime-type": "Schrijf een tijdstip met datum, tijd en verschil met UTC, zoals 2023-08-10T09:00:00Z.",
    "datetime-parsing": "Schrijf een tijdstip met datum, tijd en verschil met UTC, zoals 2023-08-10T09:00:00Z.",
    "datetime-from-date-parsing": "Schrijf een tijdstip met datum, tijd en verschil met UTC, zoals 2023-08-10T09:00:00Z.",
    "timezone-aware": "Geef het verschil met UTC erbij, zoals 2023-08-10T09:00:00Z.",
    "period": "De laatste dag ligt voor de eerste; geef een latere dag of laat hem weg.",
    # Of mechanisms.
    "character": "Een NUL-teken of een halve surrogaat is geen tekst.",
    "cursor": "Neem de cursor uit de verwijzing naar de volgende pagina.",
    "more-errors": "Er zijn nog meer fouten; verbeter eerst deze.",
    "not-storable": "Een waarde valt buiten het bereik.",
    "type": "Een van de soorten wordt hier niet gepubliceerd; kies uit de genoemde.",
    "unreadable": "Dit is niet te lezen in het gevraagde formaat.",
    # Of deliveries.
    "columns": "Deze regel heeft een ander aantal kolommen dan de kopregel.",
    "zip": "Het bestand is geen zip, of is beschadigd; pak het opnieuw in en stuur het opnieuw.",
    "zip-members": "Een zip bevat één bestand en geen mappen; haal de andere eruit.",
    "zip-method": "De zip is versleuteld of anders ingepakt; gebruik gewone zip of gzip.",
    "zip-format": "Het bestand in de zip eindigt op .ndjson, .jsonl, .json of .csv.",
    "cut-off": "Het bestand houdt op midden in een record, of kwam niet helemaal over; stuur het opnieuw.",
    "foreign-organisation": "Dit is van een andere organisatie; lever alleen aan wat van u is.",
    "encoding": "Het bestand is geen UTF-8; bewaar het als UTF-8 en stuur het opnieuw.",
    "gzip": "Het bestand is geen gzip, of is beschadigd; pak het opnieuw in.",
    "header": "De kopregel klopt niet: noem elke kolom eenmaal, met een naam die bij dit soort levering hoort.",
    "no-records": "Het bestand bevat geen record.",
    "object": "Een record is een JSON-object.",
}


def translate(texts: Mapping[str, str]) -> None:
    """Add the texts of a service's own codes."""
    _TEXTS.update(texts)


def in_dutch(code: str) -> str:
    """Give the text of a code; of one that has none, that the value is not valid."""
    return _TEXTS.get(code, UNSAID)
