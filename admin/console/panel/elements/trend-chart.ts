// The drawing of the trend with ECharts in SVG, in the page's own colours; it follows the theme and the width.
import { LineChart } from 'echarts/charts';
import { GridComponent, TooltipComponent } from 'echarts/components';
import { init, use, type EChartsType } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { count, dayMonth } from '../numbers';
import { say } from '../words';
import type { Day } from './trend';

use([LineChart, GridComponent, TooltipComponent, SVGRenderer]);

const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export class TrendChart {
  #chart: EChartsType;
  #days: Day[] = [];
  #size: ResizeObserver;
  #theme = matchMedia('(prefers-color-scheme: dark)');
  #redraw = (): void => this.show(this.#days);

  constructor(
    readonly ground: HTMLElement,
    chosen: (day: string) => void,
  ) {
    this.#chart = init(ground, null, { renderer: 'svg' });
    this.#chart.getZr().on('click', ({ offsetX, offsetY }) => {
      const [index] = this.#chart.convertFromPixel({ gridIndex: 0 }, [offsetX, offsetY]);
      const day = this.#days[Math.round(index ?? -1)];
      if (day && this.#chart.containPixel({ gridIndex: 0 }, [offsetX, offsetY])) chosen(day.day);
    });
    this.#size = new ResizeObserver(() => this.#chart.resize());
    this.#size.observe(ground);
    this.#theme.addEventListener('change', this.#redraw);
  }

  dispose(): void {
    this.#size.disconnect();
    this.#theme.removeEventListener('change', this.#redraw);
    this.#chart.dispose();
  }

  show(days: Day[]): void {
    this.#days = days;
    const text = { color: colour('--ink-2'), fontFamily: 'Be Vietnam Pro', fontSize: 12 };
    const line = (name: string, data: number[], look: object) => ({
      type: 'line' as const, name, data, showSymbol: days.length < 3, symbolSize: 6, animation: false, ...look,
    });
    this.#chart.setOption({
      animation: false,
      grid: { left: 4, right: 14, top: 12, bottom: 2, containLabel: true },
      xAxis: {
        type: 'category', data: days.map((day) => dayMonth(day.day)), boundaryGap: days.length < 3,
        axisTick: { show: false }, axisLine: { lineStyle: { color: colour('--edge') } }, axisLabel: { ...text, hideOverlap: true },
      },
      yAxis: {
        type: 'value', minInterval: 1, splitNumber: 4,
        axisLabel: { ...text, formatter: (value: number) => count(value) }, splitLine: { lineStyle: { color: colour('--line') } },
      },
      tooltip: {
        trigger: 'axis', renderMode: 'richText', backgroundColor: colour('--surface'), borderColor: colour('--edge'), borderWidth: 1,
        textStyle: { ...text, color: colour('--ink') }, axisPointer: { lineStyle: { color: colour('--edge') } },
        formatter: (points: unknown) => this.#tip((points as { dataIndex: number }[])[0]?.dataIndex ?? 0),
      },
      series: [
        line(say().trend.received, days.map((day) => day.received), { lineStyle: { color: colour('--brand'), width: 2.4 }, itemStyle: { color: colour('--brand') } }),
        line(say().trend.answered, days.map((day) => day.answered), { lineStyle: { color: colour('--risk'), width: 2, type: [5, 4] }, itemStyle: { color: colour('--risk') } }),
      ],
    });
  }

  #tip(index: number): string {
    const day = this.#days[index];
    const words = say().trend;
    return day ? `${dayMonth(day.day)}\n${words.received} ${count(day.received)} · ${words.answered} ${count(day.answered)}` : '';
  }
}
