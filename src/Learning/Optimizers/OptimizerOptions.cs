using System.Text.Json.Serialization;
using CoKe.Errors;
using TorchSharp.Modules;
using static CoKe.Learning.Requirement;

namespace CoKe.Learning.Optimizers;

/// <summary>How parameters move.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<OptimizerKind>))]
public enum OptimizerKind
{
    /// <summary><see cref="MomentumSgd"/>: small images.</summary>
    Sgd,

    /// <summary><see cref="Optimizers.Lars"/>: ImageNet.</summary>
    Lars,
}

/// <summary>An optimizer and its numbers.</summary>
public sealed record OptimizerOptions
{
    /// <summary>How parameters move.</summary>
    public OptimizerKind Kind { get; init; }

    /// <summary>m.</summary>
    public double Momentum { get; init; } = 0.9;

    /// <summary>L2 penalty: of all parameters with SGD, of those of two dimensions and more with LARS. The paper's: 1e-6 with
    /// LARS.</summary>
    public double WeightDecay { get; init; } = 1e-6;

    /// <summary>The length of a LARS step over that of the weight, at rate 1; of no effect with SGD.</summary>
    public double TrustCoefficient { get; init; } = 0.001;

    /// <summary>Refuses numbers out of range.</summary>
    /// <exception cref="InvalidOptionsException">Names the option, its value and the remedy.</exception>
    public void Validate()
    {
        Require(Enum.IsDefined(Kind), nameof(Kind), Kind, "must be sgd or lars");
        Require(Momentum is >= 0 and < 1, nameof(Momentum), Momentum, "must be 0 to below 1");
        Require(WeightDecay is >= 0 and < 1, nameof(WeightDecay), WeightDecay, "must be 0 to below 1");
        Require(TrustCoefficient is > 0 and <= 1, nameof(TrustCoefficient), TrustCoefficient, "must be above 0 and at most 1");
    }

    /// <summary>The optimizer of <paramref name="parameters"/>, at rest.</summary>
    /// <exception cref="InvalidOptionsException">A number is out of range.</exception>
    public Optimizer Of(IEnumerable<(string Name, Parameter Values)> parameters)
    {
        Validate();
        return Kind == OptimizerKind.Lars
            ? new Lars(parameters, Momentum, WeightDecay, TrustCoefficient)
            : new MomentumSgd(parameters, Momentum, WeightDecay);
    }
}
