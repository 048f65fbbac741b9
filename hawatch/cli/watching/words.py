"""What the terminal says besides names: English, and Chinese. Names of causes and verdicts stay English in English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hawatch.notification.text.language import read_language

LANGUAGES = ("en", "zh")

_ENGLISH = {
    "seen_from": "{pair}, seen from {node}",
    "live": "live",
    "no_answer": "no answer for {age}",
    "old": "{age} old",
    "of": "{count} of {total}",
    "last_known": "last: {what}",
    "nothing": "no virtual router is watched (does keepalived.conf have a vrrp_instance?)",
    "no_match": "nothing matches /{filter}",
    "maintenance": "maintenance",
    "silence": "silence",
    "until": "until {until}, by {who}",
    "everything": "nothing at all is told",
    "verdict": "VERDICT",
    "since": "SINCE",
    "router": "ROUTER",
    "owners": "OWNERS",
    "vips": "VIPS",
    "cause": "CAUSE",
    "rows": "{first}-{last} of {total}",
    "none": "none",
    "yes": "yes",
    "no": "no",
    "unknown": "unknown",
    "for": "for {age}, since {time}, rule {rule}",
    "vrid": "vrid {vrid}, {family}, {interface}",
    "preferred": "preferred: {node}",
    "remedy": "remedy",
    "or_else": "or else",
    "vip": "vip",
    "last_move": "last move",
    "moved": "{kind} from {origin} to {to}, {age} ago",
    "incident": "incident",
    "codes": "codes",
    "by": "by {who}",
    "evidence": "evidence",
    "more_lines": "{count} more lines: m",
    "this_node": "this node",
    "agent": "agent",
    "no_agent": "no agent",
    "heard": "advertising",
    "holds": "holds",
    "blind": "blind",
    "lost": "{ratio} lost",
    "last_hour": "last hour",
    "ago_minutes": "-{minutes} min",
    "now": "now",
    "usual": "as it should be",
    "lane_heard": "{node} heard",
    "lane_link": "{link} to {peer}",
    "lane_agent": "agent {peer}",
    "keys": "{arrows} select  a ack  r release  s snooze 30m  m {more}  / filter  q quit",
    "more": "more",
    "less": "less",
    "filtering": "filter: {typed}_   (Enter keeps it, Esc drops it)",
    "filter": "filter /{filter}",
    "ask_ack": "Acknowledge {id}: you look after it? y/n",
    "ask_release": "Give {id} back: nobody looks after it then? y/n",
    "ask_snooze": "Keep {id} quiet for 30 minutes? y/n",
    "no_incident": "{instance}: no incident is open",
    "dropped": "nothing done",
    "telling": "telling the agent",
    "done_ack": "{id}: acknowledged by {who}",
    "done_release": "{id}: given back, nobody looks after it",
    "done_snooze": "{id}: quiet for 30 minutes, or until it gets worse",
}

_CHINESE = {
    "seen_from": "{pair}，由{node}观察",
    "live": "实时",
    "no_answer": "已{age}无应答",
    "old": "已过时{age}",
    "of": "{count}/{total}",
    "last_known": "最后：{what}",
    "nothing": "没有监视任何虚拟路由器（keepalived.conf中有vrrp_instance吗？）",
    "no_match": "没有与 /{filter} 相符的",
    "maintenance": "维护",
    "silence": "静默",
    "until": "到{until}，{who}",
    "everything": "完全不通知",
    "verdict": "判定",
    "since": "历时",
    "router": "路由器",
    "owners": "持有者",
    "vips": "VIP",
    "cause": "原因",
    "rows": "{first}-{last}/{total}",
    "none": "无",
    "yes": "是",
    "no": "否",
    "unknown": "不明",
    "for": "历时{age}，{time}起，规则{rule}",
    "vrid": "vrid {vrid}，{family}，{interface}",
    "preferred": "首选：{node}",
    "remedy": "处置",
    "or_else": "或者",
    "vip": "VIP",
    "last_move": "上次移动",
    "moved": "{kind}：{origin}到{to}，{age}前",
    "incident": "事件",
    "codes": "编号",
    "by": "{who}处理",
    "evidence": "证据",
    "more_lines": "还有{count}行：m",
    "this_node": "本节点",
    "agent": "代理",
    "no_agent": "没有代理",
    "heard": "在通告",
    "holds": "持有",
    "blind": "看不全",
    "lost": "丢失{ratio}",
    "last_hour": "最近一小时",
    "ago_minutes": "-{minutes}分",
    "now": "现在",
    "usual": "如常",
    "lane_heard": "{node}通告",
    "lane_link": "{link}到{peer}",
    "lane_agent": "代理{peer}",
    "keys": "{arrows}选择 a确认 r交回 s静默30分钟 m{more} /筛选 q退出",
    "more": "详情",
    "less": "简略",
    "filtering": "筛选：{typed}_   （Enter保留，Esc取消）",
    "filter": "筛选 /{filter}",
    "ask_ack": "确认{id}，由你处理？y/n",
    "ask_release": "交回{id}，之后无人处理？y/n",
    "ask_snooze": "将{id}静默30分钟？y/n",
    "no_incident": "{instance}：没有未恢复的事件",
    "dropped": "未执行",
    "telling": "正在告知代理",
    "done_ack": "{id}：{who}已确认",
    "done_release": "{id}：已交回，现无人处理",
    "done_snooze": "{id}：静默30分钟，恶化除外",
}

_CHINESE_NAMES = {
    "verdict.steady": "正常",
    "verdict.degraded": "冗余不足",
    "verdict.switchover": "主备切换",
    "verdict.failover": "故障切换",
    "verdict.failback": "已切回主用",
    "verdict.split_brain": "裂脑",
    "verdict.split_brain_suspected": "疑似裂脑",
    "verdict.no_owner": "无人持有",
    "verdict.conflict": "外部主机冲突",
    "verdict.flapping": "反复切换",
    "verdict.isolated": "被隔离",
    "verdict.indeterminate": "归属不明",
    "verdict.several": "多次变化",
    "severity.ok": "正常",
    "severity.info": "提示",
    "severity.warning": "警告",
    "severity.critical": "严重",
    "severity.unknown": "不明",
    "state.up": "正常",
    "state.down": "断开",
    "state.unknown": "不明",
    "state.silent": "无声",
    "state.left": "已退出",
    "state.none": "没有",
    "state.several": "多次变化",
    "state.open": "无人处理",
    "state.acknowledged": "已确认",
    "state.snoozed": "已静默",
    "state.resolved": "已恢复",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One language: `phrases` by key, and `names` for what the agent names; a name without one stays as it is."""

    code: str
    phrases: Mapping[str, str]
    names: Mapping[str, str] = field(default_factory=dict)

    def say(self, key: str, **values: object) -> str:
        """The phrase, filled in."""
        return self.phrases[key].format(**values)

    def name(self, kind: str, name: object) -> str:
        """What the agent calls `name`; `kind` is verdict, severity, state or cause."""
        return self.names.get(f"{kind}.{name}", str(name))


def words_of(code: str) -> Words:
    """The words of `en` or `zh`. KeyError: of no other."""
    if code == "en":
        return Words(code="en", phrases=_ENGLISH)
    phrases = {"zh": _CHINESE}[code]
    told = read_language(code).phrases
    causes = {key: phrase for key, phrase in told.items() if key.startswith("cause.")}
    return Words(code=code, phrases=phrases, names={**causes, **_CHINESE_NAMES})
