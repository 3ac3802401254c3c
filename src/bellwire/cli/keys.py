"""Secrets as options name them: by a variable or a file of the server, so that they stand in no command line."""

from typing import Any

from bellwire.cli.misuse import Misuse


def named_key(variable: str | None, file: str | None, *, option: str) -> dict[str, str] | None:
    """The SecretKey that `option`-env or `option`-file names; None where neither was given. Raises Misuse for both."""
    if variable is not None and file is not None:
        raise Misuse(f"{option}-env and {option}-file exclude each other; give one of them")
    if variable is not None:
        return {"@type": "EnvironmentVariable", "variableName": variable}
    return None if file is None else {"@type": "File", "filePath": file}


def named_auth(options: dict[str, Any]) -> dict[str, Any] | None:
    """The HttpAuth that the options describe, None where none was given. Raises Misuse where they do not fit."""
    user = options["auth_basic_user"]
    password = named_key(options["auth_secret_env"], options["auth_secret_file"], option="--auth-secret")
    token = named_key(options["bearer_env"], options["bearer_file"], option="--bearer")
    if token is not None:
        if user is not None or password is not None:
            raise Misuse("a bearer token and basic authentication exclude each other; give the options of one of them")
        return {"@type": "Bearer", "bearerToken": token}
    if user is None and password is None:
        return None
    if password is None:
        raise Misuse("--auth-basic-user needs a password; give --auth-secret-env or --auth-secret-file")
    if user is None:
        raise Misuse("a password needs its user; give --auth-basic-user")
    return {"@type": "Basic", "username": user, "secret": password}
