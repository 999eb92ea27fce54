namespace CoKe.Learning.Evaluation;

/// <summary>The one-to-one matching of rows to columns with the largest total (Kuhn 1955, with potentials and shortest augmenting paths,
/// O(n^3)).</summary>
static class Matching
{
    /// <summary>Finds the best matching of a square matrix.</summary>
    /// <param name="gains">n x n gains.</param>
    /// <returns>The column of every row.</returns>
    public static int[] Best(long[,] gains)
    {
        var n = gains.GetLength(0);
        if (n != gains.GetLength(1))
            throw new ArgumentException(
                $"{n} rows and {gains.GetLength(1)} columns are no square matrix; fill it up with zeros.",
                nameof(gains)
            );
        // Minimizes -gains. Row 0 and column 0 are sentinels; rowOf[j] is the row matched to column j.
        var (rowPotential, columnPotential, rowOf, previous) = (new long[n + 1], new long[n + 1], new int[n + 1], new int[n + 1]);
        for (var row = 1; row <= n; row++)
        {
            var (slack, seen, column) = (new long[n + 1], new bool[n + 1], 0);
            Array.Fill(slack, long.MaxValue);
            rowOf[0] = row;
            do
            {
                seen[column] = true;
                var (from, delta, next) = (rowOf[column], long.MaxValue, 0);
                for (var j = 1; j <= n; j++)
                {
                    if (seen[j])
                        continue;
                    var reduced = -gains[from - 1, j - 1] - rowPotential[from] - columnPotential[j];
                    if (reduced < slack[j])
                        (slack[j], previous[j]) = (reduced, column);
                    if (slack[j] < delta)
                        (delta, next) = (slack[j], j);
                }
                for (var j = 0; j <= n; j++)
                {
                    if (seen[j])
                        (rowPotential[rowOf[j]], columnPotential[j]) = (rowPotential[rowOf[j]] + delta, columnPotential[j] - delta);
                    else
                        slack[j] -= delta;
                }
                column = next;
            } while (rowOf[column] != 0);
            // Turn the path around: every column on it takes the row of the column before.
            for (; column != 0; column = previous[column])
                rowOf[column] = rowOf[previous[column]];
        }
        var columnOf = new int[n];
        for (var j = 1; j <= n; j++)
            columnOf[rowOf[j] - 1] = j - 1;
        return columnOf;
    }
}
