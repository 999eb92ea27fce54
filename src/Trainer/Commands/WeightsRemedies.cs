using CoKe.Alarms;

namespace CoKe.Trainer.Commands;

/// <summary>What to do about alarms of weights in a file, whose training nobody knows.</summary>
sealed class WeightsRemedies : IAlarmRemedies
{
    /// <inheritdoc/>
    public string For(Finding finding) =>
        finding.Kind == AlarmKind.IdenticalEmbeddings
            ? "if the file is a backbone alone, its projection is a random one and this may be meant; "
                + "else take the weights of an earlier epoch or of another run"
            : "see that --encoder names the recipe that the weights were trained by, and that --data has such images; "
                + "else take other weights";
}
