namespace CoKe.Grains.Placement;

/// <summary>
/// How many parts each silo may have of several kinds: of every kind floor(n / silos) or one more, and so that the silos are even over all
/// kinds together too. Of all ways to do so it is one that lets the most parts stay where they are.
/// </summary>
/// <remarks>
/// The floors are given; what has to be decided is who gets one more of which kind. First every kind decides by itself and looks for silos
/// where such a part can stay. Then, while silos have too many or too few of these in all, one is handed on: from a silo that can spare it
/// to one that lacks it, through as many silos and kinds between them as let the most parts stay. These are the shortest paths of a flow of
/// least cost, so nothing that can stay has to move.
/// </remarks>
sealed class EvenShares
{
    readonly int[][] _has;
    readonly int[] _floors;
    readonly bool[][] _more; // per kind and silo: it gets one more than the floor
    readonly int[] _mores;

    /// <param name="has">Per kind and silo: parts that are there.</param>
    /// <param name="parts">Per kind: parts in all, also those that are nowhere.</param>
    /// <param name="order">All silos: who comes first where everything is even.</param>
    public EvenShares(int[][] has, int[] parts, int[] order)
    {
        var silos = order.Length;
        (_has, _mores) = (has, new int[silos]);
        _floors = Array.ConvertAll(parts, n => n / silos);
        _more = Array.ConvertAll(parts, _ => new bool[silos]);
        for (var kind = 0; kind < parts.Length; kind++)
            foreach (var silo in order.OrderByDescending(silo => Stays(kind, silo)).ThenBy(silo => _mores[silo]).Take(parts[kind] % silos))
                Give(kind, silo);
        var (least, left) = Math.DivRem(_mores.Sum(), silos);
        var most = left == 0 ? least : least + 1;
        while (HandOn(silo => _mores[silo] > most, silo => _mores[silo] < most)) { }
        while (HandOn(silo => _mores[silo] > least, silo => _mores[silo] < least)) { }
    }

    /// <summary>How many parts of a kind each silo has then.</summary>
    public int[] Of(int kind) => Array.ConvertAll(_more[kind], more => _floors[kind] + (more ? 1 : 0));

    /// <summary>Allowed one more part of a kind than the floor, the silo has one that can stay.</summary>
    bool Stays(int kind, int silo) => _has[kind][silo] > _floors[kind];

    void Give(int kind, int silo)
    {
        _more[kind][silo] = true;
        _mores[silo]++;
    }

    /// <summary>Hands one part on, along the way on which the fewest have to move.</summary>
    /// <returns>False: nobody gives or nobody gets.</returns>
    bool HandOn(Func<int, bool> gives, Func<int, bool> gets)
    {
        var silos = Enumerable.Range(0, _mores.Length).ToArray();
        if (!silos.Any(gives) || !silos.Any(gets))
            return false;
        var ways = Array.ConvertAll(silos, silo => gives(silo) ? new Way(0, -1, -1) : null);
        while (Shorten(ways)) { }
        var at = silos.Where(gets).MinBy(silo => ways[silo]?.Cost ?? int.MaxValue);
        for (var way = ways[at]!; way.From >= 0; (at, way) = (way.From, ways[way.From]!))
        {
            Give(way.Kind, at);
            _more[way.Kind][way.From] = false;
            _mores[way.From]--;
        }

        return true;
    }

    /// <summary>Looks for cheaper ways that are longer by one silo.</summary>
    bool Shorten(Way?[] ways)
    {
        var found = false;
        for (var from = 0; from < ways.Length; from++)
        {
            for (var kind = 0; kind < _more.Length && ways[from] is not null; kind++)
            {
                for (var to = 0; to < ways.Length && _more[kind][from]; to++)
                {
                    var cost = ways[from]!.Cost + (Stays(kind, from) ? 1 : 0) - (Stays(kind, to) ? 1 : 0);
                    if (_more[kind][to] || cost >= (ways[to]?.Cost ?? int.MaxValue))
                        continue;
                    ways[to] = new Way(cost, kind, from);
                    found = true;
                }
            }
        }

        return found;
    }

    /// <summary>How a part comes to a silo.</summary>
    /// <param name="Cost">Parts that move for it and otherwise would not.</param>
    /// <param name="Kind">Of which kind it is.</param>
    /// <param name="From">Who hands it on; -1: the silo itself can spare one.</param>
    sealed record Way(int Cost, int Kind, int From);
}
