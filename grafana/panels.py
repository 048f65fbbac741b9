"""The four kinds of panel that the dashboards are made of, each with what hawatch's panels have in common.

Every panel has a title, a sentence on what it tells, its size on a grid 24 wide, and a word for "there is nothing".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from grafana_foundation_sdk.builders import common as common_builders
from grafana_foundation_sdk.builders import prometheus, stat, statetimeline, table, timeseries
from grafana_foundation_sdk.builders.dashboard import DashboardLink, FieldColor, ThresholdsConfig
from grafana_foundation_sdk.models import units
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    BigValueTextMode,
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    TableCellHeight,
    TableColoredBackgroundCellOptions,
    TooltipDisplayMode,
    VisibilityMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DashboardLinkType,
    DataSourceRef,
    DataTransformerConfig,
    DynamicConfigValue,
    FieldColorModeId,
    Threshold,
    ValueMapping,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from grafana.style import NEUTRAL, OK

TO_PAIR = "Look at this pair"
DATASOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")

P = TypeVar("P", stat.Panel, statetimeline.Panel, table.Panel, timeseries.Panel)
Panel = stat.Panel | statetimeline.Panel | table.Panel | timeseries.Panel


@dataclass(frozen=True, slots=True)
class Query:
    """A question in PromQL and what to call its series."""

    expr: str
    legend: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What a panel shows, whatever its kind: `size` is width and height, `empty` stands where there is no series."""

    title: str
    about: str
    queries: Sequence[Query]
    size: tuple[int, int]
    empty: str
    unit: str = units.Short
    mappings: Sequence[ValueMapping] = ()
    to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A table's column: `name` is a label or `Value #A`; one with words for its numbers is coloured by them."""

    name: str
    title: str
    unit: str = ""
    mappings: Sequence[ValueMapping] = ()
    width: int = 0
    to: str = ""
    decimals: int | None = None


def value_now(frame: Frame, *, above: str = OK, by_name: bool = False) -> stat.Panel:
    """What holds now, large. From 1 up the colour is `above`, unless words say another; `by_name` shows names alone."""
    mode = BigValueTextMode.NAME if by_name else BigValueTextMode.AUTO
    panel = _framed(stat.Panel(), frame, instant=True)
    if frame.unit == units.Short:
        panel = panel.decimals(0)
    steps = [Threshold(color=NEUTRAL if above == NEUTRAL else OK), Threshold(value=1, color=above)]
    return (
        panel.graph_mode(BigValueGraphMode.NONE)
        .color_mode(BigValueColorMode.NONE if above == NEUTRAL else BigValueColorMode.BACKGROUND)
        .text_mode(mode)
        .reduce_options(common_builders.ReduceDataOptions().calcs(["lastNotNull"]).values(values=False))
        .thresholds(ThresholdsConfig().steps(steps))
        .color_scheme(FieldColor().mode(FieldColorModeId.THRESHOLDS))
    )


def states(frame: Frame) -> statetimeline.Panel:
    """What held when, as bars with words in them."""
    return (
        _framed(statetimeline.Panel(), frame, instant=False)
        .show_value(VisibilityMode.AUTO)
        .merge_values(merge_values=True)
        .row_height(0.85)
        .line_width(0)
        .fill_opacity(80)
        .legend(_legend(shown=False))
        .tooltip(_tooltip(TooltipDisplayMode.SINGLE, SortOrder.NONE))
        .thresholds(ThresholdsConfig().steps([Threshold(color=NEUTRAL)]))
        .color_scheme(FieldColor().mode(FieldColorModeId.THRESHOLDS))
    )


def lines(frame: Frame, *, top: float | None = None) -> timeseries.Panel:
    """Numbers over time, from 0 up; `top` is the greatest that can be."""
    panel = (
        _framed(timeseries.Panel(), frame, instant=False)
        .line_width(1)
        .fill_opacity(10)
        .show_points(VisibilityMode.NEVER)
        .min(0)
        .legend(_legend(shown=True))
        .tooltip(_tooltip(TooltipDisplayMode.MULTI, SortOrder.DESCENDING))
        .color_scheme(FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC))
    )
    return panel if top is None else panel.max(top)


def rows(frame: Frame, *columns: Column, sort: str = "", descending: bool = False) -> table.Panel:
    """A table of what holds now; queries are joined on the labels that they share. Fields that no column names go."""
    panel = (
        _framed(table.Panel(), frame, instant=True)
        .show_header(show_header=True)
        .cell_height(TableCellHeight.SM)
        .filterable(filterable=True)
        .with_transformation(_columns(columns))
    )
    if len(frame.queries) > 1:
        panel = panel.transformations([DataTransformerConfig(id_val="merge", options={}), _columns(columns)])
    if sort:
        panel = panel.sort_by([common_builders.TableSortByFieldState().display_name(sort).desc(descending)])
    for column in columns:
        if properties := _properties(column):
            panel = panel.override_by_name(column.title, properties)
    return panel


def _framed(panel: P, frame: Frame, *, instant: bool) -> P:
    width, height = frame.size
    is_table = isinstance(panel, table.Panel)
    panel = (
        panel.title(frame.title)
        .description(frame.about)
        .datasource(DATASOURCE)
        .span(width)
        .height(height)
        .unit(frame.unit)
        .no_value(frame.empty)
    )
    if frame.mappings:
        panel = panel.mappings(list(frame.mappings))
    if frame.to:
        panel = panel.data_links([DashboardLink(TO_PAIR).type(DashboardLinkType.LINK).url(frame.to)])
    for number, query in enumerate(frame.queries):
        target = prometheus.Dataquery().expr(query.expr).ref_id(chr(ord("A") + number)).datasource(DATASOURCE)
        target = target.instant() if instant else target.range()
        if is_table:
            target = target.format(PromQueryFormat.TABLE)
        elif query.legend:
            target = target.legend_format(query.legend)
        panel = panel.with_target(target)
    return panel


def _columns(columns: Sequence[Column]) -> DataTransformerConfig:
    """The `organize` transformation: these columns in this order and by these titles, all others left out."""
    return DataTransformerConfig(
        id_val="organize",
        options={
            "includeByName": {column.name: True for column in columns},
            "excludeByName": {},
            "indexByName": {column.name: index for index, column in enumerate(columns)},
            "renameByName": {column.name: column.title for column in columns},
        },
    )


def _properties(column: Column) -> list[DynamicConfigValue]:
    properties = []
    if column.unit:
        properties.append(DynamicConfigValue("unit", column.unit))
    if column.decimals is not None:
        properties.append(DynamicConfigValue("decimals", column.decimals))
    if column.mappings:
        background = TableColoredBackgroundCellOptions()
        properties.append(DynamicConfigValue("mappings", list(column.mappings)))
        properties.append(DynamicConfigValue("custom.cellOptions", background))
    if column.width:
        properties.append(DynamicConfigValue("custom.width", column.width))
    if column.to:
        properties.append(DynamicConfigValue("links", [{"title": TO_PAIR, "url": column.to}]))
    return properties


def _legend(*, shown: bool) -> common_builders.VizLegendOptions:
    return (
        common_builders.VizLegendOptions()
        .show_legend(shown)
        .display_mode(LegendDisplayMode.LIST)
        .placement(LegendPlacement.BOTTOM)
        .calcs([])
    )


def _tooltip(mode: TooltipDisplayMode, sort: SortOrder) -> common_builders.VizTooltipOptions:
    return common_builders.VizTooltipOptions().mode(mode).sort(sort)
