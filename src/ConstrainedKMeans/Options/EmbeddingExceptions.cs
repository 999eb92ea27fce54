using CoKe.Errors;

namespace CoKe.ConstrainedKMeans;

/// <summary>Embeddings that are not finite, not of unit norm, of another dimension, or none at all.</summary>
public sealed class InvalidEmbeddingsException(string field, string value, string message, Exception? inner = null)
    : CokeException(field, value, message, inner);

/// <summary>An image id that is unknown, negative, or repeated in a step or an epoch.</summary>
public sealed class InvalidImageIdException(string field, string value, string message, Exception? inner = null)
    : CokeException(field, value, message, inner);
