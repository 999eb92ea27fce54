using static TorchSharp.torch;

namespace CoKe.Learning.Losses;

/// <summary>
/// p of Algorithm 2: what other views of an image predict, as part of the target of a view. It comes from the large views after the
/// projection, and carries no gradient: it is a label.
/// </summary>
/// <param name="OfLarge">[large x b, K]: for every large view the mean of the other large ones' predictions; null with one large
/// view.</param>
/// <param name="OfSmall">[b, K]: for every small view, the mean of all large ones' predictions; null without small views.</param>
readonly record struct References(Tensor? OfLarge, Tensor? OfSmall)
{
    /// <param name="logP">[large x b, K], view after view.</param>
    /// <param name="large">Large views.</param>
    /// <param name="hasSmall">Whether there are small views.</param>
    public static References Of(Tensor logP, int large, bool hasSmall)
    {
        if (large == 1 && !hasSmall)
            return default;
        using var _ = no_grad();
        var p = logP.detach().exp();
        var b = p.shape[0] / large;
        return new References(large > 1 ? OfOthers(p, large, b) : null, hasSmall ? p.view(large, b, -1).mean([0]) : null);
    }

    /// <summary>Rolled by a multiple of b rows, another view's prediction stands in the place of each.</summary>
    static Tensor OfOthers(Tensor p, int large, long b) =>
        large == 2 ? p.roll(b, 0) : stack(Enumerable.Range(1, large - 1).Select(by => p.roll(by * b, 0))).mean([0]);
}
