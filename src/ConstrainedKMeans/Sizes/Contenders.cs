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

    readonly int[] rows; // of contender r
    readonly int[] starts; // where its entries begin; one more than rows
    readonly int[] next; // the contender after it in its cluster's list
    readonly int[] clusters; // of every entry
    readonly float[] similarities; // of every entry
    readonly int[] first; // the first contender of every cluster's list

    /// <summary>
    /// Room for contenders of N rows and K clusters, 20 bytes an entry with all that belongs to it: 16 bytes for each row and 4 for each
    /// pair of clusters.
    /// </summary>
    public Contenders(int rowCount, int clusterCount)
    {
        Room = RoomFor(rowCount, clusterCount);
        (clusters, similarities) = (Uninitialized<int>(Room), Uninitialized<float>(Room));
        Most = Math.Min(rowCount, Room / 2); // a contender has two entries at least
        (rows, starts, next) = (Uninitialized<int>(Most), Uninitialized<int>(Most + 1), Uninitialized<int>(Most));
        first = new int[clusterCount];
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
    public int EntryCount => starts[Count];

    /// <summary>The row of a contender.</summary>
    public int Row(int contender) => rows[contender];

    /// <summary>The clusters that contend for it.</summary>
    public ReadOnlySpan<int> Clusters(int contender) => clusters.AsSpan(starts[contender]..starts[contender + 1]);

    /// <summary>Its similarities to them.</summary>
    public ReadOnlySpan<float> Similarities(int contender) => similarities.AsSpan(starts[contender]..starts[contender + 1]);

    /// <summary>The first contender of a cluster, or a negative number.</summary>
    public int First(int cluster) => first[cluster];

    /// <summary>The contender after another in its cluster, or a negative number.</summary>
    public int Next(int contender) => next[contender];

    /// <summary>Forgets all.</summary>
    public void Clear()
    {
        Count = 0;
        if (starts.Length > 0)
            starts[0] = 0;
    }

    /// <summary>Takes one more contender, or leaves all as it was and says that there is no room.</summary>
    public bool TryAdd(int row, ReadOnlySpan<int> ofClusters, ReadOnlySpan<float> ofSimilarities)
    {
        var entries = EntryCount;
        if (Count == rows.Length || entries + ofClusters.Length > Room)
            return false;
        ofClusters.CopyTo(clusters.AsSpan(entries));
        ofSimilarities.CopyTo(similarities.AsSpan(entries));
        rows[Count++] = row;
        starts[Count] = entries + ofClusters.Length;
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
            var (from, end) = (starts[r], starts[r + 1]);
            var best = long.MinValue;
            for (var e = from; e < end; e++)
                best = Math.Max(best, FixedPoint.Of(similarities[e]) + prices[clusters[e]]);
            var began = to;
            for (var e = from; e < end; e++)
            {
                if (FixedPoint.Of(similarities[e]) + prices[clusters[e]] < best - window)
                    continue;
                (clusters[to], similarities[to]) = (clusters[e], similarities[e]);
                to++;
            }

            if (to - began < 2)
                to = began;
            else
                (rows[kept], starts[kept++]) = (rows[r], began);
        }

        Count = kept;
        starts[kept] = to;
    }

    /// <summary>Lists every contender at its cluster, in the order in which they came.</summary>
    public void List(ReadOnlySpan<int> labels)
    {
        first.AsSpan().Fill(None);
        for (var r = Count - 1; r >= 0; r--)
            Push(r, labels[rows[r]]);
    }

    /// <summary>Moves the contender behind <paramref name="previous"/> (negative: the first) of one list to the front of another.</summary>
    public void Move(int from, int previous, int to)
    {
        ref var link = ref previous < 0 ? ref first[from] : ref next[previous];
        var contender = link;
        link = next[contender];
        Push(contender, to);
    }

    void Push(int contender, int cluster) => (next[contender], first[cluster]) = (first[cluster], contender);

    static T[] Uninitialized<T>(int length) => GC.AllocateUninitializedArray<T>(length);
}
