using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;

namespace CoKe.Alarms;

/// <summary>What is known of one epoch.</summary>
/// <param name="Report">What the clustering says of every head.</param>
/// <param name="Losses">The mean loss of every head over the epoch, in nats; null: nobody trained, or whoever asks cannot know.</param>
/// <param name="Spread">See <see cref="EmbeddingSpread"/>; null: not known.</param>
public sealed record EpochSigns(EpochReport Report, IReadOnlyList<double>? Losses = null, double? Spread = null);

/// <summary>What is known of a run.</summary>
/// <param name="Options">What was clustered, and how.</param>
/// <param name="Epochs">Its epochs, oldest first; some may be missing.</param>
public sealed record RunSigns(ClusteringOptions Options, IReadOnlyList<EpochSigns> Epochs);

/// <summary>What to do about a finding, in the words of the command that says it and with values that it takes.</summary>
public interface IAlarmRemedies
{
    /// <summary>The remedy; continues a sentence after a colon, without its end.</summary>
    string For(Finding finding);
}
