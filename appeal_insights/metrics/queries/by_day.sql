-- What was counted on each day of each period? This is what dispersion is reckoned from.
--
-- reads   measures    metric, period (a day), <dimensions>, numerator, denominator   integers
--         spans       span (first day), ends_on    the periods that the days belong to
-- gives   metric, day, period (first day of its span), <dimensions>, numerator, denominator

select
    measures.metric,
    measures.period as day,
    spans.span as period,
    dimensions,
    measures.numerator, measures.denominator
from measures join spans on measures.period >= spans.span and measures.period < spans.ends_on
order by measures.metric, dimensions, measures.period
