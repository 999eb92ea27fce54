using System.Diagnostics;
using CoKe.ConstrainedKMeans;
using CoKe.Learning.Resume;

namespace CoKe.Learning.Training;

/// <summary>What is noted of an epoch while it goes on.</summary>
/// <param name="epoch">Which; 0 is the scan, which has no loss.</param>
/// <param name="dimension">d.</param>
/// <param name="heads">How many.</param>
/// <param name="waitedBefore">How long the trainer had waited for the clustering before it.</param>
public sealed class EpochNotes(int epoch, int dimension, int heads, TimeSpan waitedBefore)
{
    readonly long _began = Stopwatch.GetTimestamp();
    readonly EmbeddingSpread _spread = new(dimension);
    readonly double[] _headLosses = new double[heads];
    double _loss,
        _rate;
    int _steps;

    /// <summary>A mini-batch was embedded. Of several trainers each sees its own part, which is like the others'.</summary>
    public void Add(float[] embeddings) => _spread.Add(embeddings);

    /// <summary>A step was made, at this learning rate.</summary>
    public void Add(LearnedBatch batch, double learningRate)
    {
        Add(batch.Embeddings);
        _loss += batch.Loss;
        for (var head = 0; head < _headLosses.Length; head++)
            _headLosses[head] += batch.HeadLosses[head];
        (_rate, _steps) = (learningRate, _steps + 1);
    }

    /// <summary>All of it until now; without the agreement of labels, which the boundary tells.</summary>
    /// <param name="waited">How long the trainer has waited in all.</param>
    public EpochTrace Trace(TimeSpan waited) =>
        new(
            epoch,
            epoch == 0 ? null : _loss / _steps,
            LabelAgreement: null,
            Stopwatch.GetElapsedTime(_began).TotalSeconds,
            (waited - waitedBefore).TotalSeconds,
            epoch == 0 ? null : _rate
        )
        {
            HeadLosses = epoch == 0 ? null : Array.ConvertAll(_headLosses, sum => sum / _steps),
            Spread = _spread.Value,
        };
}
