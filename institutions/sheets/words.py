"""Everyday words of clerks for what is chosen from a list, by column; compared without spaces.

A word stands here only where it can mean one thing. What is missing is flagged, never guessed.
"""

from typing import Any


def _words_to_values(**of: str) -> dict[str, str]:
    """Return the value of each word; words are parted by spaces."""
    return {word: value for value, words in of.items() for word in words.split()}


EVERYDAY: dict[str, dict[str, Any]] = {
    "kind": _words_to_values(
        residential_care=(
            "老年公寓 老人公寓 老年人公寓 颐养院 颐养中心 养老公寓 养老中心 养老机构"
            " 养老服务机构 老人院 安老院 老人之家 托老院 养老护理院 养护院 老年养护院 老人养护院"
        ),
        welfare_home="福利院 福利中心 社会福利中心 老年福利院 老年社会福利院 综合福利院",
        jinglaoyuan=(
            "农村敬老院 乡镇敬老院 中心敬老院 区域性敬老院 区域敬老院 五保供养机构 特困供养机构"
            " 特困人员供养机构 特困人员供养服务机构"
        ),
        station="驿站 养老驿站 养老服务驿站 社区养老驿站",
        care_center="照料中心 照护中心 养老照护中心 街道照料中心",
        community_center="社区养老服务中心 社区养老服务站 社区居家养老服务中心 综合为老服务中心",
        day_care="日托中心 日间照料站 日照中心 社区日间照料中心 老年人日间照料中心",
        happiness_home="幸福院 互助幸福院 农村互助幸福院 农村互助养老院",
        meal_point="老年餐桌 助餐点 长者食堂 老年食堂",
        nursing_hospital="老年护理院 护理医院 老年护理医院",
        rehab_hospital="康复院",
        hospice="安宁疗护机构 临终关怀机构",
        health_center="社区卫生服务中心 乡镇卫生院 卫生院",
        yiyang_center="医养结合中心",
    ),
    "ownership": _words_to_values(
        private=(
            "民营 私营 民办非企业 民非 民办非企业单位 民办非营利 民办营利 民办营利性 民办非营利性"
            " 社会办 企业办 民办民营 民建民营 私立 社会力量办 社会力量举办 社会资本"
        ),
        public="公立 国办 国营 政府办 公办公营 公建公营 事业单位 政府举办",
        public_built_private_run="公办民营 公办民运 公建民运",
        private_subsidised="民建公助 民办公补 民建公补",
    ),
    "operating": _words_to_values(
        closed=(
            "停业 歇业 关停 关闭 注销 已注销 已关闭 已关停 已停业 已歇业 已撤销 撤销 倒闭 停办"
            " 已停办 终止 终止服务 停止运营 已停止运营 停运 已停运 关门 已关门 吊销 已吊销"
        ),
        suspended=(
            "暂停 停业整顿 整改 整改中 暂停运营 暂时停业 临时停业 停业整改 暂停服务 暂停营业中"
        ),
        open=(
            "正常 运营 运营中 正常运营 在营 营业 开业 在运营 正常营业 正常开业"
            " 已运营 已开业 在业 开放 已投入运营 投入运营 试营业 试运营"
        ),
        planned="筹建 在建 建设中 未运营 未开业 筹备中 待开业 待运营 拟建 尚未运营 未投入运营",
    ),
    "beds.category": _words_to_values(
        ordinary="普通 普通型 普通型床位 自理床位 一般床位",
        nursing="护理 护理型 护理床位 护理床 护理型养老床位",
        dementia="认知症 认知障碍床位 认知症照护床位 失智床位 认知障碍照护床位",
        yiyang="医养 医养结合床位",
        safety_net="兜底 兜底型床位 特困床位 特困供养床位",
        inclusive="普惠 普惠型 普惠型床位 普惠养老床位",
        respite="喘息床位 短期托养床位 短期床位 喘息服务床位",
        unspecified="全部 总数 总计 合计 未分类",
    ),
    "beds.room": _words_to_values(
        single="单间 单人 单人房 一人间 1人间",
        twin="双人 双人房 两人间 二人间 2人间",
        triple="三人 三人房 3人间",
        multi="多人 多人房 四人间 五人间 六人间 4人间 5人间 6人间",
        suite="套房",
    ),
    "fees.kind": _words_to_values(
        bed="床位 床费 住宿费 床位收费 床位价格 房费",
        meals="伙食费 膳食费 餐饮费 伙食 用餐费",
        care="护理 护理收费 照护费 照料费",
        deposit="保证金 押金（保证金） 入住押金",
        medical_reserve="备用金 医疗押金 应急备用金 医疗应急备用金",
        membership="会费 会员卡费",
        utilities="水电费 取暖费 采暖费 空调费 水电暖费",
        supplies="一次性用品 用品费",
        trial="试住",
        other="其他 其它 其它费用",
    ),
    "fees.period": _words_to_values(
        month="月 每月 按月 /月 元每月 月付 元/人/月 元/人·月 元/床/月 一个月 每人每月",
        day="天 日 每天 每日 按天 按日 /天 /日 元/日 元每天 元/人/天 元/人·天 元/床/天",
        once="一次性 一次 次 元/次 一次性收取 一次性收费",
    ),
}
EVERYDAY["fees.room"] = EVERYDAY["beds.room"]
