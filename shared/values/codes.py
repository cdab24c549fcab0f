"""Code lists: of the national standard iJw 3.2, by the names that this platform gives them, and two of the region's own."""

from enum import StrEnum


class ProductCategory(StrEnum):
    """What kind of help a product is (code list JZ020). 31 to 38 are forms of 2015, still met in history."""

    WITHOUT_STAY_BY_NEIGHBOURHOOD_TEAM = "31"
    WITHOUT_STAY_AMBULATORY_AT_PROVIDER = "32"
    WITHOUT_STAY_DAY_HELP_AT_PROVIDER = "33"
    WITHOUT_STAY_IN_OWN_NETWORK = "34"
    WITH_STAY_FOSTER_CARE = "35"
    WITH_STAY_FAMILY_BASED = "36"
    WITH_STAY_CLOSED = "37"
    WITH_STAY_OTHER = "38"
    PERSONAL_CARE = "40"
    DAY_TREATMENT = "41"
    TRANSPORT = "42"
    RESIDENTIAL_WITH_TREATMENT = "43"
    RESIDENTIAL_WITHOUT_TREATMENT = "44"
    AMBULATORY = "45"
    CRISIS = "46"
    PROBATION = "47"
    PROTECTION = "48"
    PREVENTIVE_JUDICIAL = "49"
    BESPOKE = "50"
    BASIC_MENTAL_HEALTH = "51"
    SPECIALISED_MENTAL_HEALTH = "52"
    PAEDIATRICS = "53"
    YOUTH_MENTAL_HEALTH = "54"
    NATIONALLY_BOUGHT = "55"


class Unit(StrEnum):
    """What a volume counts (code list WJ756)."""

    MINUTE = "01"
    HOUR = "04"
    DAY_AND_NIGHT = "14"
    DAYPART = "16"
    PIECE_OF_OUTPUT = "82"
    EURO = "83"
    PIECE_OF_EFFORT = "84"


class Frequency(StrEnum):
    """Per what a volume is granted (code list WMO757)."""

    DAY = "1"
    WEEK = "2"
    MONTH = "4"
    WHOLE_PERIOD = "6"


class ReferrerType(StrEnum):
    """Who brought the client in (code list COD327). An absent referrer is unknown, which is not `NONE`."""

    MUNICIPALITY = "01"
    GENERAL_PRACTITIONER = "02"
    YOUTH_DOCTOR = "03"
    CERTIFIED_INSTITUTION = "04"
    MEDICAL_SPECIALIST = "05"
    NONE = "06"
    JUDGE_OR_PROSECUTOR = "08"
    # Raad voor de Kinderbescherming: the region counts it apart, the national list has no code for it.
    # It may therefore never be sent in an iJw message (see `is_national`).
    CHILD_PROTECTION_BOARD = "RvdK"

    @property
    def is_national(self) -> bool:
        """Whether the national code list holds this value, so that an iJw message may carry it."""
        return self is not ReferrerType.CHILD_PROTECTION_BOARD


class ReasonOfEnding(StrEnum):
    """Why care ended (code list JZ588)."""

    DEATH = "02"
    TEMPORARY = "20"
    AS_PLANNED = "31"
    EARLY_BY_CLIENT = "32"
    EARLY_BY_PROVIDER = "33"
    EARLY_BY_AGREEMENT = "34"
    EARLY_EXTERNAL = "35"
    BY_MUNICIPALITY = "36"
    CHANGE_REQUEST = "37"
    OTHER_PROVIDER = "38"
    OTHER_DOMAIN = "39"


class Admission(StrEnum):
    """Whether a provider takes new clients for a product at a location; a list of the region's own."""

    ACCEPTING = "accepting"
    LIMITED = "limited"
    STOP = "stop"
