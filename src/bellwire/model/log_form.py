"""How much is logged, and in which form."""

import enum


class LogLevel(enum.Enum):
    """The least severity that is logged."""

    ERROR = "error"
    WARN = "warn"
    INFO = "info"
    DEBUG = "debug"


class LogFormat(enum.Enum):
    """How log lines look; auto: text on a terminal, json otherwise."""

    AUTO = "auto"
    TEXT = "text"
    JSON = "json"
