using CoKe.Learning.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace CoKe.Learning.Losses;

/// <summary>
/// The loss of CoKe: classify an image into the cluster it had in the epoch before, by the centers of the epoch before (section 3.3),
/// averaged over heads (section 4.1.3).
/// <para>One view: cross-entropy against y, eqn 14, or against the soft label of stage two, section 3.4.</para>
/// <para>More views (Algorithm 2, B.2.3): the target of a view is alpha y + (1 - alpha) p of the others; views are averaged.</para>
/// <para>Small views (multi-crop): alpha y + (1 - alpha) p of all large ones; w times the mean over large views plus (1 - w) times the mean
/// over small ones.</para>
/// <para>With a prediction (B.2.4): beta loss of the prediction + (1 - beta) loss of the projection, against the same targets.</para>
/// </summary>
public sealed class CokeLoss : IDisposable
{
    readonly LossOptions _options;
    readonly Scalar _inverseTemperature,
        _alpha,
        _oneMinusAlpha,
        _large,
        _small,
        _beta,
        _oneMinusBeta;

    /// <exception cref="CoKe.Errors.InvalidOptionsException">An option is out of range.</exception>
    public CokeLoss(LossOptions options)
    {
        options.Validate();
        _options = options;
        _inverseTemperature = TorchScalars.Of(1 / options.Temperature);
        (_alpha, _oneMinusAlpha) = (TorchScalars.Of(options.LabelWeight), TorchScalars.Of(1 - options.LabelWeight));
        (_large, _small) = (TorchScalars.Of(options.LargeViewWeight), TorchScalars.Of(1 - options.LargeViewWeight));
        (_beta, _oneMinusBeta) = (TorchScalars.Of(options.PredictionWeight), TorchScalars.Of(1 - options.PredictionWeight));
    }

    /// <summary>Computes the loss of one mini-batch. Call inside a dispose scope.</summary>
    /// <param name="projected">[(large + small) x b, d], unit rows after the projection: all images of the first view, then of the next;
    /// large views first.</param>
    /// <param name="predicted">The same rows after the prediction; null where there is none.</param>
    /// <param name="targets">Of the b images.</param>
    /// <returns>One value.</returns>
    public Tensor Of(Tensor projected, Tensor? predicted, BatchTargets targets) => OfHeads(projected, predicted, targets).mean();

    /// <summary>The same of every head by itself, of which the loss is the mean.</summary>
    /// <inheritdoc cref="Of"/>
    /// <returns>[heads].</returns>
    public Tensor OfHeads(Tensor projected, Tensor? predicted, BatchTargets targets)
    {
        var logP = CrossEntropy.LogProbabilities(projected, targets, _inverseTemperature);
        var logQ = predicted is null ? null : CrossEntropy.LogProbabilities(predicted, targets, _inverseTemperature);
        var losses = new Tensor[logP.Length];
        for (var head = 0; head < losses.Length; head++)
        {
            var labels = targets.Labels[head];
            var references = References.Of(
                logP[head].narrow(0, 0, _options.LargeViews * labels.Clusters.shape[0]),
                _options.LargeViews,
                _options.SmallViews > 0
            );
            losses[head] =
                logQ is null ? OfViews(logP[head], labels, references)
                : _options.PredictionWeight == 1 ? OfViews(logQ[head], labels, references)
                : OfViews(logQ[head], labels, references).mul(_beta).add(OfViews(logP[head], labels, references), _oneMinusBeta); // B.2.4
        }
        return stack(losses);
    }

    /// <summary>One head, all views.</summary>
    Tensor OfViews(Tensor logQ, PseudoLabels labels, References references)
    {
        if (_options.SmallViews == 0)
            return OfLarge(logQ, labels, references);
        var b = labels.Clusters.shape[0];
        var ofLarge = OfLarge(logQ.narrow(0, 0, _options.LargeViews * b), labels, references);
        var smallQ = logQ.narrow(0, _options.LargeViews * b, _options.SmallViews * b);
        var ofSmall = Mixed(
            CrossEntropy.OfLabels(smallQ, labels.Repeated(_options.SmallViews)),
            CrossEntropy.OfDistribution(smallQ.view(_options.SmallViews, b, -1), references.OfSmall!)
        );
        return ofLarge.mul(_large).add(ofSmall, _small);
    }

    Tensor OfLarge(Tensor logQ, PseudoLabels labels, References references)
    {
        var ofLabels = CrossEntropy.OfLabels(logQ, labels.Repeated(_options.LargeViews));
        return references.OfLarge is { } p ? Mixed(ofLabels, CrossEntropy.OfDistribution(logQ, p)) : ofLabels;
    }

    /// <summary>Cross-entropy is linear in its target: that of alpha y + (1 - alpha) p is alpha times that of y plus (1 - alpha) times that
    /// of p.</summary>
    Tensor Mixed(Tensor ofLabels, Tensor ofReference) => ofLabels.mul(_alpha).add(ofReference, _oneMinusAlpha);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var scalar in (Scalar[])[_inverseTemperature, _alpha, _oneMinusAlpha, _large, _small, _beta, _oneMinusBeta])
            scalar.Dispose();
    }
}
