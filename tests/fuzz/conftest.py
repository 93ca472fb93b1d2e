"""How long fuzzing goes on: a few hundred inputs a rule in `make test`, rounds of thousands in `make fuzz`.

The quick run tries the same inputs each time, so that a change is judged and not luck; `make fuzz`
tries others in each round and says with which seed one was found.
"""

from datetime import timedelta

from hypothesis import HealthCheck, settings

# Far above what any input may take, so that a busy machine fails nothing
A_CASE = timedelta(seconds=5)
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]  # pictures are large and slow to build

settings.register_profile(
    "quick",
    max_examples=200,
    deadline=A_CASE,
    derandomize=True,
    database=None,
    suppress_health_check=SLOW,
)
settings.register_profile(
    "long", max_examples=5000, deadline=A_CASE, print_blob=True, suppress_health_check=SLOW
)
settings.load_profile("quick")
