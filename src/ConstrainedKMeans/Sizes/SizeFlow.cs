using System.Runtime.CompilerServices;

namespace CoKe.ConstrainedKMeans;

/// <summary>
/// The min-cost flow of eqn 6 with size bounds, on the graph of clusters. Every contender is a unit that stands at its cluster; the arc
/// a -> b costs the cheapest move of a contender, (x . c_a + rho_a) - (x . c_b + rho_b) at prices rho, never below 0. One more node, the
/// outside, takes from each cluster what its size is allowed to be: rows beyond a minimum leave for free where the price is 0, and not at
/// all where it is positive, so that surplus at a price must flow too.
/// </summary>
/// <remarks>
/// Successive shortest paths with potentials (Ahuja, Magnanti and Orlin 1993, section 9.7): a search from all clusters that hold too many
/// gives every node its distance, prices move by it, and along the paths to the clusters that hold too few costs are 0 then. All numbers
/// are whole, so costs of 0 are exact and equal rows move together.
/// </remarks>
sealed class SizeFlow
{
    readonly SizeBounds _bounds;
    readonly Contenders _contenders;
    readonly int[] _labels;
    readonly int[] _sizes; // n_k
    readonly int[] _taken; // what the outside takes of each cluster
    readonly long[] _prices; // rho_k, and that of the outside at K
    readonly CheapestMoves _moves;
    readonly long[] _distance;
    readonly int[] _parent;
    readonly bool[] _settled;
    readonly PriorityQueue<int, long> _queue = new();
    readonly List<int> _reached = [];

    /// <param name="bounds">The bounds.</param>
    /// <param name="contenders">Rows that may move, listed at their labels, each at a best cluster.</param>
    /// <param name="labels">Of all rows; moved ones change.</param>
    /// <param name="sizes">n_k.</param>
    /// <param name="prices">rho_k, fixed-point.</param>
    public SizeFlow(SizeBounds bounds, Contenders contenders, int[] labels, int[] sizes, long[] prices)
    {
        (_bounds, _contenders, _labels, _sizes) = (bounds, contenders, labels, sizes);
        _prices = [.. prices, 0];
        _taken = new int[K];
        for (var k = 0; k < K; k++)
        {
            var (least, most) = (bounds.Minimums[k], bounds.Maximums[k]);
            _taken[k] =
                prices[k] > 0 ? least
                : prices[k] < 0 ? most
                : Math.Clamp(sizes[k], least, most);
        }

        _moves = new CheapestMoves(contenders, K);
        (_distance, _parent, _settled) = (new long[K + 1], new int[K + 1], new bool[K + 1]);
    }

    int K => _bounds.ClusterCount;

    int Outside => K;

    /// <summary>rho_k now: the outside's price is 0.</summary>
    public long[] Prices => [.. _prices.Take(K).Select(price => price - _prices[Outside])];

    /// <summary>How many rows are in wrong places, counted where they are missing.</summary>
    public static long Imbalance(SizeBounds bounds, ReadOnlySpan<int> sizes, ReadOnlySpan<long> prices)
    {
        long missing = 0,
            surplus = 0;
        for (var k = 0; k < sizes.Length; k++)
        {
            var n = sizes[k];
            missing += Math.Max(0, (prices[k] < 0 ? bounds.Maximums[k] : bounds.Minimums[k]) - n);
            surplus += Math.Max(0, n - (prices[k] > 0 ? bounds.Minimums[k] : bounds.Maximums[k]));
        }

        return Math.Max(missing, surplus);
    }

    /// <summary>Moves rows until no cluster holds too many or too few, or prices would have to move further than contenders are
    /// known.</summary>
    /// <param name="reach">How far prices may fall, fixed-point, at least 0.</param>
    /// <returns>Whether all is in balance: then the labels are the best there are among those that contend.</returns>
    public bool Balance(long reach)
    {
        while (Search(reach, out var fall))
        {
            for (var v = 0; v <= K; v++)
                _prices[v] += Math.Min(_distance[v], fall) - fall;
            reach -= fall;
            var sent = false;
            foreach (var node in _reached)
                sent |= SendAlongPathTo(node);
            if (!sent && fall == 0)
                break; // nothing more within reach
        }

        return IsBalanced;
    }

    bool IsBalanced
    {
        get
        {
            for (var k = 0; k < K; k++)
            {
                if (Excess(k) != 0)
                    return false;
            }

            return true;
        }
    }

    // Rows at a node beyond what leaves it. What the clusters have too much in all, the outside has too little.
    int Excess(int node)
    {
        if (node < K)
            return _sizes[node] - _taken[node];
        long sum = 0;
        for (var k = 0; k < K; k++)
            sum += _taken[k];
        return (int)(sum - _labels.Length);
    }

    // Dijkstra from every node with an excess. Says how far the sources' prices fall: to the furthest node that lacks rows, within reach.
    bool Search(long reach, out long fall)
    {
        Array.Fill(_distance, long.MaxValue);
        Array.Fill(_parent, -1);
        Array.Clear(_settled);
        _queue.Clear();
        _reached.Clear();
        var missing = 0L;
        for (var v = 0; v <= K; v++)
        {
            var excess = Excess(v);
            missing += Math.Max(0, -excess);
            if (excess > 0)
                Reach(v, -1, 0);
        }

        fall = 0;
        if (missing == 0)
            return false;
        while (missing > 0 && _queue.TryDequeue(out var v, out var at))
        {
            if (_settled[v])
                continue;
            if (at > reach)
                break;
            _settled[v] = true;
            if (Excess(v) is < 0 and var excess)
            {
                _reached.Add(v);
                missing += excess;
                fall = at;
            }

            if (v == Outside)
                LeaveOutside(at);
            else
                Leave(v, at);
        }

        if (missing > 0)
            fall = reach; // whoever is missing is further away than is known
        return fall > 0 || _reached.Count > 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void Leave(int cluster, long at)
    {
        var (to, costs) = _moves.From(cluster);
        var offset = at + _prices[cluster];
        for (var i = 0; i < to.Length; i++)
            Reach(to[i], cluster, offset + costs[i] - _prices[to[i]]);
        if (_taken[cluster] < _bounds.Maximums[cluster])
            Reach(Outside, cluster, offset - _prices[Outside]);
    }

    void LeaveOutside(long at)
    {
        for (var k = 0; k < K; k++)
        {
            if (_taken[k] > _bounds.Minimums[k])
                Reach(k, Outside, at + _prices[Outside] - _prices[k]);
        }
    }

    void Reach(int node, int from, long at)
    {
        if (at >= _distance[node])
            return;
        (_distance[node], _parent[node]) = (at, from);
        _queue.Enqueue(node, at);
    }

    // Sends as many units as fit from the source of the path to its end; none, when an earlier path has used up one of its moves.
    bool SendAlongPathTo(int node)
    {
        var units = -Excess(node);
        var source = node;
        for (; _parent[source] >= 0; source = _parent[source])
            units = Math.Min(units, Capacity(_parent[source], source, units));
        units = Math.Min(units, Excess(source));
        if (units <= 0)
            return false;
        for (var to = node; to != source; to = _parent[to])
            Send(_parent[to], to, units);
        return true;
    }

    // Units up to a limit that can go from one node to the next at cost 0.
    int Capacity(int from, int to, int limit)
    {
        if (limit <= 0)
            return 0;
        if (to == Outside)
            return _bounds.Maximums[from] - _taken[from];
        if (from == Outside)
            return _taken[to] - _bounds.Minimums[to];
        var count = 0;
        for (var r = _contenders.First(from); r >= 0 && count < limit; r = _contenders.Next(r))
            count += IsFree(r, from, to) ? 1 : 0;
        return count;
    }

    void Send(int from, int to, int units)
    {
        if (to == Outside)
            _taken[from] += units;
        else if (from == Outside)
            _taken[to] -= units;
        else
            MoveRows(from, to, units);
    }

    void MoveRows(int from, int to, int units)
    {
        for (int r = _contenders.First(from), previous = -1; units > 0 && r >= 0;)
        {
            var following = _contenders.Next(r);
            if (IsFree(r, from, to))
            {
                _contenders.Move(from, previous, to);
                _labels[_contenders.Row(r)] = to;
                units--;
                (_sizes[from], _sizes[to]) = (_sizes[from] - 1, _sizes[to] + 1);
            }
            else
            {
                previous = r;
            }

            r = following;
        }

        _moves.Forget(from);
        _moves.Forget(to);
    }

    bool IsFree(int contender, int from, int to)
    {
        var clusters = _contenders.Clusters(contender);
        var similarities = _contenders.Similarities(contender);
        int a = clusters.IndexOf(from),
            b = clusters.IndexOf(to);
        return b >= 0 && FixedPoint.Of(similarities[a]) + _prices[from] == FixedPoint.Of(similarities[b]) + _prices[to];
    }
}
