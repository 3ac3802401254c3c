"""The server's log: one line a report, on standard error."""

import logging
import os
import sys
from typing import Final, assert_never

import structlog
from structlog.typing import Processor

from bellwire.model.log_form import LogFormat, LogLevel

SEVERITIES: Final = {
    LogLevel.ERROR: logging.ERROR,
    LogLevel.WARN: logging.WARNING,
    LogLevel.INFO: logging.INFO,
    LogLevel.DEBUG: logging.DEBUG,
}


def set_up_logs(level: LogLevel, form: LogFormat) -> None:
    """Write reports of this level and graver ones; what libraries log comes in the same form."""
    steps: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*steps, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(SEVERITIES[level]),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=steps,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_rendering(form)],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(SEVERITIES[level])
    # Libraries tell us of their inner life; only what they find wrong is of interest here.
    for library in ("uvicorn", "asyncio"):
        logging.getLogger(library).setLevel(max(SEVERITIES[level], logging.WARNING))


def _rendering(form: LogFormat) -> list[Processor]:
    on_terminal = sys.stderr.isatty()
    match form:
        case LogFormat.AUTO:
            return _rendering(LogFormat.TEXT if on_terminal else LogFormat.JSON)
        case LogFormat.TEXT:
            colours = on_terminal and "NO_COLOR" not in os.environ
            return [structlog.dev.ConsoleRenderer(colors=colours)]
        case LogFormat.JSON:
            return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        case _:
            assert_never(form)
