using CoKe.Learning.Encoders;
using CoKe.Learning.Losses;
using CoKe.Learning.Optimizers;
using CoKe.Learning.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace CoKe.Learning.Training;

/// <summary>
/// One step of training: encoder, loss and optimizer. Views come from whoever draws them, targets from the clustering; what leaves are
/// embeddings to be clustered. One view, several, multi-crop, a prediction and stage two are the same step with other options and targets.
/// </summary>
public sealed class TrainingStep : IDisposable
{
    readonly StepOptions _options;
    readonly Optimizer _optimizer;
    readonly CokeLoss _loss;
    readonly SumOverTrainers _sum;

    /// <summary>The step of a trainer without others.</summary>
    /// <inheritdoc cref="TrainingStep(StepOptions, int, Device, SumOverTrainers)"/>
    public TrainingStep(StepOptions options, int seed, Device device)
        : this(options, seed, device, SumOfOne.Sum) { }

    /// <param name="options">What to train, and how.</param>
    /// <param name="seed">Of the initial weights.</param>
    /// <param name="device">Where.</param>
    /// <param name="sum">Over the trainers of one model, whose mini-batches are parts of one.</param>
    /// <exception cref="CoKe.Errors.InvalidOptionsException">Options that make no step.</exception>
    public TrainingStep(StepOptions options, int seed, Device device, SumOverTrainers sum)
    {
        options.Validate();
        (_options, _sum) = (options, sum);
        Encoder = new Encoder(options.Encoder, seed, sum);
        Encoder.to(device);
        _optimizer = options.Optimizer.Of(Encoder.named_parameters());
        _loss = new CokeLoss(options.Loss);
    }

    /// <summary>What is trained.</summary>
    public Encoder Encoder { get; }

    /// <summary>Every tensor that a step changes, by name: copied and put back by value, the steps that follow are the same to the
    /// bit.</summary>
    public IEnumerable<(string Name, Tensor Values)> State =>
        [
            .. Encoder.named_parameters().Select(p => (p.name, (Tensor)p.parameter)),
            .. Encoder.named_buffers().Select(b => (b.name, b.buffer)),
            .. _optimizer.State,
        ];

    /// <summary>What epoch 0 gives to the clustering: embeds with batch statistics, as a step does, and learns nothing.</summary>
    /// <param name="largeViews">[large x b, c, h, w], view after view. Small views take no part.</param>
    /// <returns>[b, d], see <see cref="ForwardResult.Embeddings"/>.</returns>
    public Tensor Embed(Tensor largeViews)
    {
        using var _ = no_grad();
        Encoder.train();
        return ViewMean(Encoder.call(largeViews), Images(largeViews.shape[0], _options.Loss.LargeViews));
    }

    /// <summary>Embeds one mini-batch, to be learned from. Call inside a dispose scope, which owns the result.</summary>
    /// <param name="views">
    /// Normalized float32 images [rows, c, h, w], one tensor per size; together (large + small) x b rows, view after view, large views
    /// first. Batch normalization takes its statistics per tensor.
    /// </param>
    /// <exception cref="ArgumentException">The rows are not those of all views.</exception>
    public ForwardResult Forward(IReadOnlyList<Tensor> views)
    {
        var b = Images(views.Sum(v => v.shape[0]), _options.Loss.LargeViews + _options.Loss.SmallViews);
        Encoder.train();
        var (projected, predicted) = Embed(views);
        return new ForwardResult(projected, predicted, ViewMean(projected.detach(), b));
    }

    /// <summary>Moves the encoder by the mini-batch that was embedded last: loss, backward and optimizer.</summary>
    /// <param name="x">What <see cref="Forward"/> gave; the caller's dispose scope owns the result too.</param>
    /// <param name="targets">Of the b images.</param>
    /// <param name="learningRate">Of this step.</param>
    /// <param name="share">The part of the images of all trainers' mini-batch that these are.</param>
    /// <returns>What came out of the step.</returns>
    public StepResult Backward(ForwardResult x, BatchTargets targets, double learningRate, double share)
    {
        var ofHeads = _loss.OfHeads(x.Projected, x.Predicted, targets);
        var value = ofHeads.mean();
        ofHeads = ofHeads.detach();
        if (_sum.IsOfOne())
            value.backward();
        else
            (value, ofHeads) = Shared(value, ofHeads, share);
        _optimizer.Step(learningRate);
        return new StepResult(value.detach(), ofHeads, x.Embeddings);
    }

    /// <summary><see cref="Forward"/> and <see cref="Backward"/> of a mini-batch whose targets do not depend on its embeddings.</summary>
    public StepResult Learn(IReadOnlyList<Tensor> views, BatchTargets targets, double learningRate, double share = 1) =>
        Backward(Forward(views), targets, learningRate, share);

    /// <summary>
    /// Backward with several trainers. The loss of the whole mini-batch is the sum of the trainers' means, each times its share of the
    /// images, so its gradient is the sum of theirs. The share comes first: batch normalization sums gradients over trainers amid backward.
    /// </summary>
    /// <returns>The loss of the whole mini-batch, and that of every head.</returns>
    (Tensor Loss, Tensor OfHeads) Shared(Tensor value, Tensor ofHeads, double share)
    {
        using var part = TorchScalars.Of(share);
        var mine = value.mul(part);
        mine.backward();
        Encoder.EndBackward();
        var (whole, wholeOfHeads) = (mine.detach(), ofHeads.mul(part));
        _sum([.. _optimizer.Gradients, whole, wholeOfHeads]);
        return (whole, wholeOfHeads);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _optimizer.Dispose();
        Encoder.Dispose();
        _loss.Dispose();
    }

    /// <summary>Every size goes through the encoder by itself.</summary>
    (Tensor Projected, Tensor? Predicted) Embed(IReadOnlyList<Tensor> views)
    {
        if (!_options.Encoder.Prediction)
            return (Together([.. views.Select(Encoder.call)]), null);
        var parts = views.Select(Encoder.WithPrediction).ToArray();
        return (Together([.. parts.Select(p => p.Projected)]), Together([.. parts.Select(p => p.Predicted)]));
    }

    static Tensor Together(Tensor[] parts) => parts.Length == 1 ? parts[0] : cat(parts);

    Tensor ViewMean(Tensor embeddings, long b) =>
        _options.Loss.LargeViews == 1
            ? embeddings.narrow(0, 0, b)
            : embeddings.narrow(0, 0, _options.Loss.LargeViews * b).view(_options.Loss.LargeViews, b, -1).mean([0]);

    static long Images(long rows, int views) =>
        rows > 0 && rows % views == 0
            ? rows / views
            : throw new ArgumentException(
                $"{rows} rows are not {views} views of every image: give every view of every image.",
                nameof(rows)
            );
}

/// <summary>A mini-batch as the encoder sees it; the caller's dispose scope owns the tensors.</summary>
/// <param name="Projected">[views x b, d]: unit embeddings, view after view, with their gradients.</param>
/// <param name="Predicted">[views x b, d]: those of the prediction on top (B.2.4); null: the encoder has none.</param>
/// <param name="Embeddings">[b, d]: the plain mean over large views, not renormalized (eqn 17): what is clustered.</param>
public readonly record struct ForwardResult(Tensor Projected, Tensor? Predicted, Tensor Embeddings);

/// <summary>What comes out of a step of training; the caller's dispose scope owns the tensors.</summary>
/// <param name="Loss">The loss before the step, of all trainers' images: one value.</param>
/// <param name="HeadLosses">[heads]: that of every head, of which <paramref name="Loss"/> is the mean.</param>
/// <param name="Embeddings">[b, d], from which the loss was computed: the plain mean over large views, not renormalized (eqn 17).</param>
public readonly record struct StepResult(Tensor Loss, Tensor HeadLosses, Tensor Embeddings)
{
    /// <summary>Loss and embeddings, where the losses of heads are of no interest.</summary>
    public void Deconstruct(out Tensor loss, out Tensor embeddings) => (loss, embeddings) = (Loss, Embeddings);
}
