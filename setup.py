"""What a wheel holds besides pyproject.toml: the packages, and the pages that lie beside them."""

from setuptools import find_packages, setup

BESIDE = {"twelvelead.static": "static", "twelvelead.templates": "templates"}
GATE = [
    f"inference/gate/{name}"
    for name in ("weights.onnx", "gate.json", "beat_shape.npz", "README.md")
]

setup(
    packages=[*find_packages(include=["ecg*", "model_registry*", "twelvelead*"]), *BESIDE],
    package_dir=BESIDE,
    package_data={
        **{name: ["**/*"] for name in BESIDE},
        "ecg": ["**/*.png"],
        "twelvelead": ["**/*.jinja", *GATE],
    },
    include_package_data=False,
)
