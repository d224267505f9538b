"""The record of `train.export`: how a run was trained."""

from __future__ import annotations

from pydantic import ConfigDict, Field, FiniteFloat, JsonValue

from train.reporting.results.part import ResultsPart


class Training(ResultsPart):
    """Settings of a training run and the losses of its last validation.

    Settings stay as the run wrote them: those of older runs lack what newer ones have.
    """

    # "model_config" is the file's word for the model's settings, and Pydantic's for this one.
    model_config = ConfigDict(serialize_by_alias=True)

    hardware: str
    torch: str
    steps: int
    batch: int
    minutes: FiniteFloat
    seed: int
    parameters: int
    data_sha256: str
    model_settings: dict[str, JsonValue] = Field(alias="model_config")
    train_settings: dict[str, JsonValue] = Field(alias="train_config")
    validation_step: int
    validation: dict[str, float]

    @property
    def attributes(self) -> list[str]:
        """Names of the attributes that the model was trained with."""
        names = self.model_settings["attributes"]
        return [str(name) for name in names] if isinstance(names, list) else []
