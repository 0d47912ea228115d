// SPDX-License-Identifier: Apache-2.0
// A figure over time, or by who it belongs to, against the period before: told apart by colour, dash and sign.
// Loaded when a report is opened: ECharts is its own chunk.
import { BarChart, LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TooltipComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { useEffect, useRef } from 'react';
import type { Definition } from '../../api/definitions';
import { useFormat } from '../../text';
import { figureText } from './Meaning';

echarts.use([BarChart, LineChart, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

export interface ChartData {
  readonly kind: 'line' | 'bar';
  readonly labels: readonly string[];
  readonly series: readonly { name: string; values: readonly (number | undefined)[] }[];
  readonly unit: Definition['unit'];
}
interface ChartProps {
  readonly data: ChartData;
  readonly label: string;
  readonly className: string | undefined;
}
export default function Chart({ data, label, className }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const format = useFormat();
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const chart = echarts.init(element);
    const draw = (): void => {
      const of = (name: string): string => getComputedStyle(element).getPropertyValue(name).trim();
      const [text, soft, line, surface] = [of('--far-text'), of('--far-text-soft'), of('--far-line'), of('--far-surface')];
      // blue and orange are told apart by all kinds of colour blindness; the period before is dashed as well
      const tones = [of('--far-busy'), of('--far-alert')];
      const say = (value: unknown): string => figureText(typeof value === 'number' ? value : undefined, data.unit, format);
      chart.setOption(
        {
          animation: false,
          textStyle: { color: text, fontFamily: 'inherit' },
          grid: { left: 8, right: 12, top: 34, bottom: 4, containLabel: true },
          legend: { top: 4, left: 0, itemWidth: 22, textStyle: { color: soft }, data: data.series.map((one) => one.name) },
          tooltip: {
            trigger: 'axis',
            backgroundColor: surface,
            borderColor: line,
            textStyle: { color: text, fontSize: 13 },
            valueFormatter: say,
          },
          xAxis: { type: 'category', data: [...data.labels], axisLine: { lineStyle: { color: line } }, axisTick: { show: false }, axisLabel: { color: soft, hideOverlap: true } },
          yAxis: {
            type: 'value',
            min: 0,
            ...(data.unit === 'ratio' ? { max: (range: { max: number }) => (range.max > 0.5 ? 1 : undefined) } : {}),
            minInterval: data.unit === 'count' ? 1 : 0,
            axisLabel: { color: soft, formatter: (value: number) => (data.unit === 'ratio' ? format.percent(value, 0) : say(value)) },
            splitLine: { lineStyle: { color: line, opacity: 0.6 } },
          },
          series: data.series.map((one, place) => ({
            name: one.name,
            type: data.kind,
            data: one.values.map((value) => value ?? null),
            symbol: place === 0 ? 'circle' : 'diamond',
            symbolSize: data.labels.length > 60 ? 0 : 6,
            lineStyle: { width: 2, type: place === 0 ? 'solid' : 'dashed' },
            itemStyle: { color: tones[place] ?? soft, ...(data.kind === 'bar' && place > 0 ? { opacity: 0.55 } : {}), borderRadius: data.kind === 'bar' ? [3, 3, 0, 0] : 0 },
            barMaxWidth: 28,
            connectNulls: false,
          })),
        },
        true,
      );
    };
    draw();
    const size = new ResizeObserver(() => chart.resize());
    size.observe(element);
    const scheme = new MutationObserver(draw);
    scheme.observe(document.documentElement, { attributes: true, attributeFilter: ['data-mantine-color-scheme'] });
    return () => {
      size.disconnect();
      scheme.disconnect();
      chart.dispose();
    };
  }, [data, format]);
  return <div ref={box} className={className} role="img" aria-label={label} />;
}
