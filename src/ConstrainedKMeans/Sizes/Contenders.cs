namespace CoKe.ConstrainedKMeans;

/// <summary>
/// The rows that could change their cluster while prices move by no more than a window: each with the clusters that are within the window
/// of its best, and its similarities to them. All other rows stay where they are. So the search for the best labels works on a few numbers
/// in memory, and no similarity is computed twice. The memory is bounded: where more rows contend than there is room for, the window
/// becomes narrower.
/// </summary>
sealed class Contenders
{
    const int None = -1;

    // Entries that are kept whatever N and K are: 5 MB with all that belongs to them, and the prices' search.
    const int LeastRoom = 1 << 18;

    // Cluster and similarity; and for half of a row its number, place, next and what the prices' search keeps of it.
    const int BytesPerEntry = 20;

    readonly int[] _rows; // of contender r
    readonly int[] _starts; // where its entries begin; one more than rows
    readonly int[] _next; // the contender after it in its cluster's list
    readonly int[] _clusters; // of every entry
    readonly float[] _similarities; // of every entry
    readonly int[] _first; // the first contender of every cluster's list

    /// <summary>
    /// Room for contenders of N rows and K clusters, 20 bytes an entry with all that belongs to it: 16 bytes for each row and 4 for each
    /// pair of clusters.
    /// </summary>
    public Contenders(int rowCount, int clusterCount)
    {
        Room = RoomFor(rowCount, clusterCount);
        (_clusters, _similarities) = (Uninitialized<int>(Room), Uninitialized<float>(Room));
        Most = Math.Min(rowCount, Room / 2); // a contender has two entries at least
        (_rows, _starts, _next) = (Uninitialized<int>(Most), Uninitialized<int>(Most + 1), Uninitialized<int>(Most));
        _first = new int[clusterCount];
        Clear();
    }

    /// <summary>Entries there is room for with N rows and K clusters.</summary>
    public static int RoomFor(long rowCount, int clusterCount)
    {
        var room = Math.Max(LeastRoom, (16L * rowCount + 4L * clusterCount * clusterCount) / BytesPerEntry);
        return (int)Math.Min(Math.Min(room, Array.MaxLength / 2), rowCount * clusterCount);
    }

    /// <summary>Entries there is room for.</summary>
    public int Room { get; }

    /// <summary>Contenders there can be.</summary>
    public int Most { get; }

    /// <summary>Contenders.</summary>
    public int Count { get; private set; }

    /// <summary>Entries of all contenders.</summary>
    public int EntryCount => _starts[Count];

    /// <summary>The row of a contender.</summary>
    public int Row(int contender) => _rows[contender];

    /// <summary>The clusters that contend for it.</summary>
    public ReadOnlySpan<int> Clusters(int contender) => _clusters.AsSpan(_starts[contender].._starts[contender + 1]);

    /// <summary>Its similarities to them.</summary>
    public ReadOnlySpan<float> Similarities(int contender) => _similarities.AsSpan(_starts[contender].._starts[contender + 1]);

    /// <summary>The first contender of a cluster, or a negative number.</summary>
    public int First(int cluster) => _first[cluster];

    /// <summary>The contender after another in its cluster, or a negative number.</summary>
    public int Next(int contender) => _next[contender];

    /// <summary>Forgets all.</summary>
    public void Clear()
    {
        Count = 0;
        if (_starts.Length > 0)
            _starts[0] = 0;
    }

    /// <summary>Takes one more contender, or leaves all as it was and says that there is no room.</summary>
    public bool TryAdd(int row, ReadOnlySpan<int> ofClusters, ReadOnlySpan<float> ofSimilarities)
    {
        var entries = EntryCount;
        if (Count == _rows.Length || entries + ofClusters.Length > Room)
            return false;
        ofClusters.CopyTo(_clusters.AsSpan(entries));
        ofSimilarities.CopyTo(_similarities.AsSpan(entries));
        _rows[Count++] = row;
        _starts[Count] = entries + ofClusters.Length;
        return true;
    }

    /// <summary>Drops the entries that are further than the window below their row's best, and rows that then have one cluster
    /// only.</summary>
    public void Narrow(ReadOnlySpan<long> prices, long window)
    {
        int kept = 0,
            to = 0;
        for (var r = 0; r < Count; r++)
        {
            var (from, end) = (_starts[r], _starts[r + 1]);
            var best = long.MinValue;
            for (var e = from; e < end; e++)
                best = Math.Max(best, FixedPoint.Of(_similarities[e]) + prices[_clusters[e]]);
            var began = to;
            for (var e = from; e < end; e++)
            {
                if (FixedPoint.Of(_similarities[e]) + prices[_clusters[e]] < best - window)
                    continue;
                (_clusters[to], _similarities[to]) = (_clusters[e], _similarities[e]);
                to++;
            }

            if (to - began < 2)
                to = began;
            else
                (_rows[kept], _starts[kept++]) = (_rows[r], began);
        }

        Count = kept;
        _starts[kept] = to;
    }

    /// <summary>Lists every contender at its cluster, in the order in which they came.</summary>
    public void List(ReadOnlySpan<int> labels)
    {
        _first.AsSpan().Fill(None);
        for (var r = Count - 1; r >= 0; r--)
            Push(r, labels[_rows[r]]);
    }

    /// <summary>Moves the contender behind <paramref name="previous"/> (negative: the first) of one list to the front of another.</summary>
    public void Move(int from, int previous, int to)
    {
        ref var link = ref previous < 0 ? ref _first[from] : ref _next[previous];
        var contender = link;
        link = _next[contender];
        Push(contender, to);
    }

    void Push(int contender, int cluster) => (_next[contender], _first[cluster]) = (_first[cluster], contender);

    static T[] Uninitialized<T>(int length) => GC.AllocateUninitializedArray<T>(length);
}
