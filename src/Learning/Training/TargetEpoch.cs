using System.Text.Json.Serialization;

namespace CoKe.Learning.Training;

/// <summary>Which epoch a part of the targets is of (Table 2).</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TargetEpoch>))]
public enum TargetEpoch
{
    /// <summary>The epoch before, as it was committed. This is CoKe: a step waits for nothing.</summary>
    Last,

    /// <summary>The open epoch, as it stands after the mini-batch itself was clustered: uncommitted, and the step waits for it.</summary>
    Current,
}
