# SPDX-License-Identifier: GPL-2.0-only
# Draws figure.png and figure.pdf from summary.csv of the current folder: a bar per protocol, mode and delivery, with the 95 %
# confidence interval over seeds where there are several.
if (!exists("prefix")) prefix = 'figure'
if (!exists("figure_title")) figure_title = ''
if (!exists("figure_subtitle")) figure_subtitle = ''

set encoding utf8
set datafile separator comma
set datafile columnheaders
data = 'summary.csv'

# Rows, and whether modes differ (a mode all share is in the title alone).
rows = 0
first_mode = ''
modes_differ = 0
note(m) = (rows = rows + 1, first_mode = (rows == 1 ? m : first_mode), modes_differ = modes_differ || (m ne first_mode), 1)
set table $counted
plot data using (note(strcol('mode'))) with table
unset table

label(x) = strcol('protocol') . (modes_differ ? ' ' . strcol('mode') : '') . "\n" . strcol('delivery')
is(delivery) = (strcol('delivery') eq delivery)
or_zero(x) = (x == x ? x : 0) # nothing was committed, say
number(name) = (strcol(name) eq '' ? NaN : column(name))
low(name) = number(name . '_mean') - number(name . '_ci95')

narrow = (rows < 5 ? 5 : rows)
width_in = 3.0 + 1.95 * narrow
height_in = 5.2

do for [kind in "png pdf"] {
  if (kind eq 'png') { set terminal pngcairo size int(110 * width_in), int(110 * height_in) font "DejaVu Sans,11" fontscale 1.0 }
  else               { set terminal pdfcairo size width_in in, height_in in font "DejaVu Sans,11" fontscale 0.75 }
  set output prefix . '.' . kind
  set multiplot layout 1, 3 title figure_title . "\n" . figure_subtitle noenhanced
  set bmargin 4
  set xrange [-0.6:rows - 0.4]
  set yrange [0:*]
  set offsets 0, 0, graph 0.08, 0
  set style fill solid 0.75 border lc rgb '#404040'
  set boxwidth 0.6
  set grid ytics lt 1 lc rgb '#e0e0e0'
  set border 3
  set xtics nomirror noenhanced scale 0 font ",9"
  set ytics nomirror
  unset key
  do for [panel = 1:3] { # the invisible points make room for the whiskers
    column_name = word('block_latency_p50_s throughput_tps cbr', panel)
    if (panel == 1) { set ylabel 'block latency, median [s]' }
    if (panel == 2) { set ylabel 'throughput [transactions/s]' }
    if (panel == 3) { set ylabel 'channel busy ratio [0 to 1]' }
    plot data using 0:(is('unicast') ? 0 : or_zero(number(column_name . '_mean'))):xtic(label(0)) with boxes lc rgb '#2f6fab', \
         data using 0:(is('unicast') ? or_zero(number(column_name . '_mean')) : 0) with boxes lc rgb '#d9822b', \
         data using 0:(low(column_name)):(0):(2 * number(column_name . '_ci95')) \
           with vectors heads size 0.08,90 lw 1.5 lc rgb '#202020', \
         data using 0:(low(column_name) + 2 * number(column_name . '_ci95')) with points lc rgb '#ff000000', \
         data using 0:(0):(strcol(column_name . '_mean') eq '' ? 'none' : '') with labels offset 0, 0.6 font ",9"
  }
  unset multiplot
  set output
}
