using System.Globalization;
using CoKe.Errors;

namespace CoKe.ConstrainedKMeans;

/// <summary>
/// Algorithm 1 in one process: every head assigns each mini-batch, then moves duals and centers; an epoch's end freezes them. What the
/// actors compute must equal it bit for bit. Not thread safe.
/// </summary>
/// <example>
/// <code>
/// using var kMeans = new OnlineConstrainedKMeans(options);
/// for (var t = 0; t &lt; epochs; t++)
/// {
///     foreach (var (embeddings, imageIds) in batches) kMeans.Step(embeddings, imageIds);
///     var summaries = kMeans.EndEpoch();
/// }
/// </code>
/// </example>
public sealed class OnlineConstrainedKMeans : IDisposable
{
    const int NeverSeen = -1;

    readonly OracleHead[] _heads;
    readonly int[] _lastSeen; // the epoch in which each image was seen last
    readonly int[] _lastStep; // the step that named each image last, also one that was refused
    int _step;

    /// <summary>Starts at epoch 0 with duals 0.</summary>
    /// <param name="options">What to cluster.</param>
    /// <param name="initialCenters">K x d unit rows per head, row-major; null draws them from the seed.</param>
    /// <exception cref="InvalidOptionsException">Options or initial centers make no sense.</exception>
    public OnlineConstrainedKMeans(ClusteringOptions options, IReadOnlyList<float[]>? initialCenters = null)
    {
        options.Validate();
        if (initialCenters is not null)
            InitialCenters.Validate(options, initialCenters);
        Options = options;
        _heads =
        [
            .. Enumerable
                .Range(0, options.Heads.Count)
                .Select(h =>
                {
                    var plan = new HeadPlan(options, h);
                    return new OracleHead(options, plan, initialCenters?[h] ?? plan.InitialCenters());
                }),
        ];
        _lastSeen = new int[options.ImageCount];
        Array.Fill(_lastSeen, NeverSeen);
        _lastStep = new int[options.ImageCount];
    }

    /// <summary>What is clustered.</summary>
    public ClusteringOptions Options { get; }

    /// <summary>t, the open epoch; 0 scans the data once from the initial centers.</summary>
    public int Epoch { get; private set; }

    /// <summary>Rows of the whole run so far.</summary>
    public long RowClock { get; private set; }

    /// <summary>The heads, in the order of the options.</summary>
    public IReadOnlyList<OracleHead> Heads => _heads;

    /// <summary>Threads that score; results do not depend on it.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Whether the image has a label, but from an epoch before the one that ended last.</summary>
    public bool IsOld(int imageId) => _lastSeen[imageId] != NeverSeen && _lastSeen[imageId] < Epoch - 1;

    /// <summary>One mini-batch. Returns the labels as [head][row].</summary>
    /// <param name="embeddings">Rows x d, row-major: unit vectors, or the plain mean of several views' unit vectors (eqn 17).</param>
    /// <param name="imageIds">The image of each row, 0 to N - 1, each at most once per epoch.</param>
    /// <exception cref="InvalidEmbeddingsException">A row is not finite or has a wrong norm; nothing has changed.</exception>
    /// <exception cref="InvalidImageIdException">An id is unknown or repeated; nothing has changed.</exception>
    public int[][] Step(ReadOnlySpan<float> embeddings, ReadOnlySpan<int> imageIds)
    {
        EmbeddingCheck.Validate(embeddings, imageIds.Length, Options.Dimension, Options.Views);
        Accept(imageIds);
        var labels = new int[_heads.Length][];
        for (var h = 0; h < _heads.Length; h++)
            labels[h] = _heads[h].Step(Epoch, embeddings, imageIds, Threads);
        RowClock += imageIds.Length;
        return labels;
    }

    /// <summary>Freezes centers, restarts sums and counts, keeps duals. Returns one summary per head.</summary>
    public EpochSummary[] EndEpoch()
    {
        var summaries = Array.ConvertAll(_heads, head => head.EndEpoch(Epoch, image => _lastSeen[image] == Epoch));
        Epoch++;
        return summaries;
    }

    /// <summary>Frees the scoring matrices.</summary>
    public void Dispose()
    {
        foreach (var head in _heads)
            head.Dispose();
    }

    // Marks the images as seen, or refuses them all and leaves no mark.
    void Accept(ReadOnlySpan<int> imageIds)
    {
        _step++;
        foreach (var image in imageIds)
        {
            var refusal =
                (uint)image >= (uint)_lastSeen.Length ? $"Image id {image} is unknown: ids run from 0 to {_lastSeen.Length - 1}."
                : _lastStep[image] == _step ? $"Image id {image} appears twice in one mini-batch: send each image once."
                : _lastSeen[image] == Epoch ? $"Image id {image} was already sent in epoch {Epoch}: send each image once per epoch."
                : null;
            if (refusal is not null)
                throw new InvalidImageIdException("imageIds", image.ToString(CultureInfo.InvariantCulture), refusal);
            _lastStep[image] = _step;
        }

        foreach (var image in imageIds)
            _lastSeen[image] = Epoch;
    }
}
