"""Starts ministack on a bare interpreter: python -I ministack.py SITE_PACKAGES...

ministack runs each handler as a child of `sys.executable`. Its own packages come in here through sys.path, which a child does
not inherit (PYTHONPATH it would): so a handler sees the standard library, botocore, its package and its layers, as on AWS.
"""

import site
import sys
import threading

TRIES = 50


def patient(describe):
    """It counts the bytes of streams while calls, on threads of their own, make new ones: "dictionary changed size"."""

    def described(data):
        for _ in range(TRIES):
            try:
                return describe(data)
            except RuntimeError:
                continue
        return describe(data)

    return described


def named(emit, cloudwatch_logs):
    """In a log group that a function was given, streams begin with the function's name: YYYY/MM/DD/heart_image[3][0a1b...]."""
    lock = threading.Lock()

    def emitted(func, *arguments, **options):
        config = func.get("config") or func
        group = (config.get("LoggingConfig") or {}).get("LogGroup")
        with lock:
            known = set(cloudwatch_logs._log_groups.get(group, {}).get("streams", {}))
            emit(func, *arguments, **options)
            if group in (None, f"/aws/lambda/{config.get('FunctionName')}"):
                return
            streams = cloudwatch_logs._log_groups[group]["streams"]
            for name in set(streams) - known:
                day, _, rest = name.rpartition("/")
                version, _, worker = rest.partition("]")
                streams[f"{day}/{config['FunctionName']}{version}][{worker}]"] = streams.pop(name)

    return emitted


def main():
    while len(sys.argv) > 1:
        site.addsitedir(sys.argv.pop(1))
    from ministack import app
    from ministack.services import cloudwatch_logs, lambda_svc

    cloudwatch_logs._describe_log_groups = patient(cloudwatch_logs._describe_log_groups)
    lambda_svc._emit_lambda_logs = named(lambda_svc._emit_lambda_logs, cloudwatch_logs)
    app.main()


main()
