using CoKe.Access.Rights;
using CoKe.Errors;

namespace CoKe.Abstractions.Rights;

/// <summary>A call was refused because it did not prove the right that it needs; nothing was done.</summary>
/// <param name="method">What was called: contract and method.</param>
/// <param name="needed">The right that it needs.</param>
/// <param name="held">The right that the call proved; null: none.</param>
public sealed class RightRefusedException(string method, Right needed, Right? held)
    : CokeException(
        "right",
        held is { } right ? Name(right) : "none",
        $"{method} needs the right to {Name(needed)}, "
            + $"and the call proved {(held is { } proved ? $"only that to {Name(proved)}" : "none")}: {Remedy(needed)}"
    )
{
    static string Name(Right right) =>
        right switch
        {
            Right.Feed => "feed and read",
            Right.Administer => "administer",
            _ => "act for the cluster",
        };

    static string Remedy(Right needed) =>
        needed switch
        {
            Right.Feed => "give a token of the cluster.",
            Right.Administer => "give the token for administering, not the one for feeding and reading.",
            _ => "only silos of the cluster may call it, which share a secret.",
        };
}
