namespace CoKe.ConstrainedKMeans;

/// <summary>
/// Brings every size within its bounds where the search for the best labels was cut short: rows go where they are missing, and where there
/// is room, the cheapest moves first.
/// </summary>
static class SizeRepair
{
    // Rounds in which every row offers its cheapest move; after them rows are taken as they come, for some clusters nobody may want.
    const int MostRounds = 20;

    /// <summary>Moves rows; labels and sizes change.</summary>
    public static void Run(SizeBounds bounds, PricePass pass, long[] prices, int[] labels, int[] sizes)
    {
        for (var round = 0; Demand.Of(bounds, sizes) is { } demand; round++)
        {
            var takers = Enumerable.Range(0, sizes.Length).Where(k => demand.Wanted[k] > 0).ToArray();
            if (round < MostRounds)
            {
                var (costs, targets) = pass.Offers(prices, labels, [.. demand.Spare.Select(spare => spare > 0)], takers);
                var offers = Enumerable.Range(0, labels.Length).Where(row => targets[row] >= 0).ToArray();
                Array.Sort(offers, (a, b) => costs[a] != costs[b] ? costs[a].CompareTo(costs[b]) : a.CompareTo(b));
                foreach (var row in offers)
                    Move(row, targets[row]);
            }
            else
            {
                var next = 0;
                for (var row = 0; row < labels.Length && next < takers.Length; row++)
                {
                    Move(row, takers[next]);
                    while (next < takers.Length && demand.Wanted[takers[next]] == 0)
                        next++;
                }
            }

            void Move(int row, int to)
            {
                ref var label = ref labels[row];
                if (demand.Spare[label] == 0 || demand.Wanted[to] == 0 || label == to)
                    return;
                demand.Spare[label]--;
                demand.Wanted[to]--;
                sizes[label]--;
                sizes[to]++;
                label = to;
            }
        }
    }

    /// <summary>Who can give rows and who wants them: first minimums are filled, then what exceeds a maximum is given away.</summary>
    sealed record Demand(int[] Spare, int[] Wanted)
    {
        public static Demand? Of(SizeBounds bounds, int[] sizes)
        {
            int[] missing = [.. sizes.Select((n, k) => Math.Max(0, bounds.Minimums[k] - n))];
            if (missing.Any(rows => rows > 0))
                return new([.. sizes.Select((n, k) => Math.Max(0, n - bounds.Minimums[k]))], missing);
            int[] excess = [.. sizes.Select((n, k) => Math.Max(0, n - bounds.Maximums[k]))];
            return excess.Any(rows => rows > 0) ? new(excess, [.. sizes.Select((n, k) => Math.Max(0, bounds.Maximums[k] - n))]) : null;
        }
    }
}
